"""A model that a trial has made again: what the program did to the first one after it was made."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kerasguard.adapters.specs import kind_of


def take_over(new: Any, old: Any, compiled: Collection[str]) -> None:
    """Give a model the attributes that the program set on another one of its class after it was made.

    Parameters
    ----------
    compiled
        The attributes in which this Keras keeps what ``compile`` was given.
    """
    held = vars(new)
    for name, value in list(vars(old).items()):
        later = name not in held and not name.startswith("_") and kind_of(value) != "variable"
        if name in compiled or later:
            held[name] = _unused(value)


def _unused(value: Any) -> Any:
    """Return an optimizer that knows no variables yet, like the one given; anything else as it is."""
    if hasattr(value, "apply_gradients") and hasattr(value, "get_config") and getattr(value, "built", True):
        return type(value).from_config(value.get_config())
    return value
