"""The failing call with other data in some places."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from kerasguard.adapters.specs import ARRAYS, Path, kind_of, leaves, shape_of
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


def keeps_samples(before: Call, after: Call) -> bool:
    """Return whether every sample of the data stays whole, or labels with as many rows vouch for those there are now.

    A reshape can make a batch of one into a batch of two halves: a model takes them, and nobody meant that.
    """
    if after.y is not None and kind_of(after.y) in ARRAYS:
        return True
    pairs = zip(leaves(before.x), leaves(after.x), strict=False)
    return all(_whole(shape_of(one), shape_of(other)) for (_, one), (_, other) in pairs)


def _whole(before: Shape | None, after: Shape | None) -> bool:
    if not before or not after or None in before or None in after or after[0] in (before[0], 1):
        return True
    if sorted(before) == sorted(after) or math.prod(before) != math.prod(after):  # type: ignore[arg-type, type-var]
        return True  # axes that changed places, rows or channels that were taken out
    return after[1:] == before[len(before) - len(after) + 1 :] and len(after) < len(before)


def stand_in_for(one: Given, shape: Shape | None) -> Any:
    """Return an array of this shape with the tensor's dtype."""
    import numpy as np

    return stand_in(np.zeros((), one.spec.dtype or "float32"), shape or ())
