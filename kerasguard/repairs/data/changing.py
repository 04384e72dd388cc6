"""The failing call with other data in some places."""

from __future__ import annotations

import dataclasses
from typing import Any

from kerasguard.adapters.specs import Path
from kerasguard.adapters.trial import Call
from kerasguard.evidence import Given
from kerasguard.repairs.transformations import stand_in
from kerasguard.vocabulary import Shape


def changed(call: Call, changes: dict[tuple[str, Path], Any]) -> Call:
    """Return the call with the leaves at (slot, path) replaced."""
    new: dict[str, Any] = {}
    for (slot, path), value in changes.items():
        tree = new.get(slot, getattr(call, slot))
        new[slot] = _put(tree, path, value)
    return dataclasses.replace(call, **new)


def _put(tree: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(tree, dict):
        return {**tree, step: _put(tree[step], rest, value)}
    items = list(tree)
    items[step] = _put(items[step], rest, value)
    return tuple(items) if isinstance(tree, tuple) else items


def stand_in_for(one: Given, shape: Shape | None) -> Any:
    """Return an array of this shape with the tensor's dtype."""
    import numpy as np

    return stand_in(np.zeros((), one.spec.dtype or "float32"), shape or ())
