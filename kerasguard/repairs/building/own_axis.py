"""Another axis for what works along one: a normalisation, a product of two tensors, a reduction of keras.ops."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Change
from kerasguard.repairs import edits
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.merges import climbs
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.vocabulary import Edit, Place, Shape

PAIR = 2
MOST = 3


def own_axis(failure: Failure) -> Iterator[Proposal]:
    """Let the refusing layer or operation work along an axis that its input has, or on which its inputs agree."""
    operation = failure.step.operation
    name = next((one for one in ("axes", "axis") if getattr(operation, one, None) is not None), None)
    if name is None or failure.nested or any(shape is None for shape in failure.given):
        return
    shapes = [shape for shape in failure.given if shape is not None]
    for count, axis in enumerate(_others(getattr(operation, name), shapes, name)):
        if isinstance(axis, int) and failure.merges and climbs(failure, axis):
            continue
        written = _written(failure, name, axis)
        if written is None:
            return
        layer = wants.is_layer(operation)
        group = failure.group(operation) if layer else [operation]
        yield Proposal(
            title=f"work along {_said(axis)}",
            change=Change(settings={id(one): {name: axis} for one in group})
            if layer
            else Change(made={id(operation): lambda axis=axis: _along(operation, name, axis)}),  # type: ignore[misc]
            edits=written[0],
            cost=0.55 + 0.05 * count,
            cause=written[1],
            names=(str(operation.name),),
        )


def _others(current: Any, shapes: list[Shape], name: str) -> list[Any]:
    """Return the other axes that make sense, the nearest to what is written first."""
    if len(shapes) == 1:
        rank = len(shapes[0])
        asked = list(current) if isinstance(current, list | tuple) else [current]
        there = [one for one in asked if isinstance(one, int) and -rank <= one < rank]
        if len(there) == len(asked):
            return []
        return [there] if there else [-1]
    if len(shapes) != PAIR or name != "axes":
        first = shapes[0] if shapes else ()
        if any(len(shape) != len(first) for shape in shapes) or not isinstance(current, int):
            return []
        different = [axis for axis in range(1, len(first)) if len({shape[axis] for shape in shapes}) > 1]
        return different if len(different) == 1 and current % len(first) != different[0] else []
    one, other = shapes
    pairs = [
        (a, b) for a in range(1, len(one)) for b in range(1, len(other)) if one[a] is not None and one[a] == other[b]
    ]
    pairs.sort(key=lambda pair: pair[0] != pair[1])
    return [a if a == b else (a, b) for a, b in pairs][:MOST]


def _written(failure: Failure, name: str, axis: Any) -> tuple[tuple[Edit, ...], Place] | None:
    operation = failure.step.operation
    if wants.is_layer(operation):
        site = failure.site(operation)
        written = None if site is None else writing.with_argument(site, name, writing.literal(axis))
        return None if site is None or written is None else (written, site.place)
    if failure.use_call is None or failure.use_call[1].source is None:
        return None
    call, source = failure.use_call[0], failure.use_call[1].source
    return (edits.set_argument(source, call, name, writing.literal(axis), 1),), source.place(call)


def _along(operation: Any, name: str, axis: Any) -> Any:
    made = copy.copy(operation)
    setattr(made, name, axis)
    return made


def _said(axis: Any) -> str:
    if axis == -1:
        return "the last axis"
    return f"axis {axis}" if isinstance(axis, int) else f"the axes {axis}"
