"""Tensors that meet with different numbers of features: the layer that gives the odd number takes the other one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.adapters.rebuild import Change
from kerasguard.adapters.rebuild_plan import Step
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.building.inputs import _names
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import Site, reads, value_of
from kerasguard.repairs.building.turns import entry_of
from kerasguard.vocabulary import Shape

SIZES = ("units", "filters")
PART, NAMED, BROADCAST = 0.5, 0.6, 0.55  # costs: the size is in the expression; known by a name; the side is spread out


def agreeing(failure: Failure) -> Iterator[Proposal]:
    """Give the layer behind one of two tensors the size of the other, written with the program's own names."""
    if not failure.merges or len(failure.given) != 2 or hasattr(failure.step.operation, "axis"):
        return
    one, other = failure.given
    if one is None or other is None or not _only_last(one, other):
        return
    sides = [sizing_step(failure, slot) for slot in failure.step.slots]
    for position, size in ((0, other[-1]), (1, one[-1])):
        here, there = sides[position], sides[1 - position]
        site = None if here is None else failure.site(here.operation)
        if here is None or site is None or size is None:
            continue
        if not _spread_out(failure.given[1 - position], failure.given[position]):
            yield from _resized(failure, here, site, there, size)


def _only_last(one: Shape, other: Shape) -> bool:
    """Return whether two shapes differ in the last axis, and in others only where one of them is 1."""
    if len(one) != len(other) or one[-1] == other[-1] or None in (one[-1], other[-1]):
        return False
    return all(a == b or 1 in (a, b) for a, b in zip(one[1:-1], other[1:-1], strict=True))


def _spread_out(one: Shape | None, other: Shape | None) -> bool:
    """Return whether the first is one vector for all positions of the other: then it is the one that has to fit."""
    if one is None or other is None or len(one) < 3:
        return False
    return one[1:-1] != other[1:-1] and all(size == 1 for size in one[1:-1])


def sizing_step(failure: Failure, slot: int) -> Step | None:
    """Return the layer that decides a tensor's last axis."""
    made = failure.plan.producer(slot)
    for step in [made, *failure.plan.upstream(made)] if made is not None else []:
        if any(isinstance(getattr(step.operation, name, None), int) for name in SIZES):
            return step
        given = failure.control.shapes.get(step.slots[0]) if step.slots else None
        if step.is_input or given is None or (step.shapes and step.shapes[0] and step.shapes[0][-1] != given[-1]):
            return None
    return None


def _resized(failure: Failure, step: Step, site: Site, other: Step | None, size: int) -> Iterator[Proposal]:
    layer = step.operation
    argument = next(name for name in SIZES if isinstance(getattr(layer, name, None), int))
    written = site.argument(argument)
    if written is None:
        return
    entry = entry_of(site, written, getattr(layer, argument))
    node, scope, source = (entry.node, entry.scope, entry.source) if entry else (written, site.scope, site.source)
    found = _part(node, scope, source, size) or _named(failure, node, scope, source, other, size)
    if found is None:
        return
    text, cost = found
    layers = [layer] if entry is not None else failure.group(layer)
    yield Proposal(
        title=f"let {layer.name!r} give {size} entries",
        change=Change(settings={id(one): {argument: size} for one in layers}),
        edits=(edits.replace(source, node, text),),
        cost=cost,
        cause=entry.place if entry is not None else site.place,
        names=(*_names(node, None, site), layer.name, *([entry.name] if entry is not None and entry.name else [])),
    )


def _part(node: ast.expr, scope: Scope, source: SourceFile, size: int) -> tuple[str, float] | None:
    """Return the part of an expression that is the size itself: `width` in ``width // ratio``."""
    if not isinstance(node, ast.BinOp):
        return None
    for one in ast.walk(node):
        if isinstance(one, ast.Name | ast.Attribute | ast.Subscript) and value_of(one, scope) == size:
            return source.segment(one), PART
    return None


def _named(
    failure: Failure, node: ast.expr, scope: Scope, source: SourceFile, other: Step | None, size: int
) -> tuple[str, float] | None:
    """Return the name that the other side has for its size, where it means the same here."""
    site = None if other is None else failure.site(other.operation)
    if other is None or site is None or site.source is not source:
        return None
    for argument in SIZES:
        theirs = site.argument(argument)
        if not isinstance(theirs, ast.Name | ast.Attribute) or value_of(theirs, scope) != size:
            continue
        text = source.segment(theirs)
        if text == source.segment(node):
            return None
        # A name that stands for sizes in many places is the one that is used by mistake; the other was made for this.
        more = _count(source, source.segment(node)) - _count(source, text)
        return text, NAMED - 0.02 * max(-2, min(2, more))
    return None


def _count(source: SourceFile, text: str) -> int:
    """Return how often a name or an attribute is read in a file."""
    if text.isidentifier():
        return len(reads(source, text, None))
    return sum(
        isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Load) and source.segment(one) == text
        for one in ast.walk(source.tree)
    )
