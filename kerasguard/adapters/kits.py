"""The module with what differs between the two Kerases in a trial, where the installed release has what it needs."""

from __future__ import annotations

import functools
import importlib
from typing import Any

NO_TRIAL = "there is no trial for this Keras"
_MODULES = {"keras": "kerasguard.adapters.trial_keras3", "tf_keras": "kerasguard.adapters.trial_tf_keras"}


@functools.cache
def kit_of(root: str | None) -> Any:
    """Return the module for the Keras named `root`; None without one.

    A release that has moved what trials use has none either: then nothing is called tried, and all else goes on.
    """
    name = _MODULES.get(root or "")
    if name is None:
        return None
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
