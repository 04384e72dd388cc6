"""Changes of what one layer of many was given in a list, and of how a nested model ends."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Change, New
from kerasguard.repairs import edits
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.inputs import declared
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import Site, value_of
from kerasguard.repairs.building.turns import entry_of
from kerasguard.vocabulary import Edit

WINDOWS = ("pool_size", "strides", "size")
VECTOR = 2


def odd_entries(failure: Failure) -> Iterator[Proposal]:
    """Give the one layer whose window in a list is another than the others' the window that they have."""
    if not failure.merges:
        return
    for step in failure.upstream:
        layer = step.operation
        site = failure.site(layer) if wants.is_layer(layer) else None
        for argument in WINDOWS if site is not None else ():
            written = None if site is None else site.argument(argument)
            value = _one(getattr(layer, argument, None))
            if site is None or value is None or not isinstance(written, ast.Name):
                continue
            entry = entry_of(site, written, value)
            display = None if entry is None else entry.source.parent(entry.node)
            if entry is None or not isinstance(display, ast.List | ast.Tuple):
                continue
            known = [value_of(one, entry.scope) for one in display.elts]
            others = {one for one in known if isinstance(one, int)} - {value}
            if known.count(value) > 1 or len(others) != 1:
                continue
            size = others.pop()
            settings: dict[str, Any] = {argument: size}
            if argument == "pool_size" and _one(getattr(layer, "strides", None)) == value:
                settings["strides"] = size
            yield Proposal(
                title=f"let {layer.name!r} work by {size}, as the others do",
                change=Change(settings={id(layer): settings}),
                edits=(edits.replace(entry.source, entry.node, str(size)),),
                cost=0.6,
                cause=entry.place,
                names=(layer.name, written.id, *([entry.name] if entry.name else [])),
            )


def _one(value: Any) -> int | None:
    """Return the one number that a window has along all axes."""
    found = set(value) if isinstance(value, tuple | list) else {value}
    number = found.pop() if len(found) == 1 else None
    return number if isinstance(number, int) else None


def reshaped_end(failure: Failure) -> Iterator[Proposal]:
    """Let what comes before a nested model end in the shape that its Input takes, of as many entries."""
    wanted = failure.step.shapes[0] if failure.step.shapes else None
    given = failure.shape
    if not failure.nested or wanted is None or given is None or None in (*wanted[1:], *given[1:]):
        return
    if math.prod(size or 0 for size in wanted[1:]) != math.prod(size or 0 for size in given[1:]):
        return
    made = failure.plan.producer(failure.step.slots[0])
    site = None if made is None or not wants.is_layer(made.operation) else failure.site(made.operation)
    if made is None or site is None or site.kind.startswith("Input"):
        return
    new = New("Flatten") if len(wanted) == VECTOR else New("Reshape", {"target_shape": wanted[1:]})
    written = writing.after(site, new)
    if written is None:
        return
    yield Proposal(
        title=f"end in the shape that {failure.plan.goal.name!r} takes, {wanted[1:]}",
        change=Change(behind={failure.plan.steps.index(made): (new,)}),
        edits=_spoken(failure, site, written, str(wanted[1:])),
        cost=0.45,
        code="KG207",
        cause=site.place,
        names=(made.operation.name, *_receiver(site)),
    )


def _spoken(failure: Failure, site: Site, written: tuple[Edit, ...], text: str) -> tuple[Edit, ...]:
    """Write a shape with the expression that the Input's shape is given by, where it means the same here."""
    found = declared(failure, failure.step)
    if found is None or found.site.source is not site.source or not isinstance(found.node, ast.Name | ast.Attribute):
        return written
    name = found.site.source.segment(found.node)
    if value_of(found.node, site.scope) != value_of(found.node, found.scope):
        return written
    return tuple(Edit(one.filename, one.start, one.end, one.content.replace(text, name, 1)) for one in written)


def _receiver(site: Site) -> list[str]:
    """Return the name of the Sequential that a layer is added to, or what the layer's result is bound to."""
    around, statement = site.source.parent(site.call), site.statement
    names = []
    if isinstance(around, ast.Call) and isinstance(around.func, ast.Attribute):
        names.append(site.source.segment(around.func.value))
    if isinstance(statement, ast.Assign):
        names += [one.id for one in statement.targets if isinstance(one, ast.Name)]
    return names
