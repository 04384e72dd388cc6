"""kerasguard: says which line made the tensor that Keras refuses, and offers a fix that was tried first."""

from kerasguard._version import __version__
from kerasguard.checks import KerasGuardWarning
from kerasguard.switch import diagnose, guard, install, uninstall
from kerasguard.vocabulary import Diagnosis, Fix, Place

__all__ = ["Diagnosis", "Fix", "KerasGuardWarning", "Place", "__version__", "diagnose", "guard", "install", "uninstall"]
