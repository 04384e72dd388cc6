"""What a rule may reason from: read off the live objects, once, after a failure or where nothing was raised."""

from kerasguard.evidence.reading import CALLS, SLOTS, Evidence, Given, LayerCall

__all__ = ["CALLS", "SLOTS", "Evidence", "Given", "LayerCall"]
