"""Repairs inside the function whose operation got tensors that do not go together: an axis, a length."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.values import UNKNOWN, shape_of
from kerasguard.provenance.walk import chain
from kerasguard.repairs import edited_code, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.operations.clashes import Clash, Side, broadcasts, joinable, masks_of
from kerasguard.vocabulary import Edit, Shape

MADE_UP = frozenset(
    {
        "range", "arange", "linspace", "normal", "uniform", "truncated_normal", "zeros", "ones", "fill", "full", "eye",
        "random_normal", "random_uniform", "rand", "randn", "standard_normal",
    }
)  # fmt: skip
RANGES = frozenset({"range", "arange"})
MOST_RANK = 5


def more_axes(evidence: Evidence, clash: Clash) -> Iterator[Candidate]:
    """Give the side with fewer axes one more, where the shapes then go together."""
    rank = max(len(side.shape) for side in clash.sides)
    for side in clash.sides:
        if len(side.shape) >= rank or rank > MOST_RANK:
            continue
        if clash.kind == "layer" and all(side.node is not mask for mask in masks_of(clash.node)):
            continue
        for position in (*range(1, len(side.shape) + 1), 0):
            shape = (*side.shape[:position], 1, *side.shape[position:])
            others = [other.shape for other in clash.sides if other is not side]
            if not _fits(clash, shape, others):
                continue
            written = (edits.wrap(clash.source, side.node, _inserted(clash, position, len(side.shape))),)
            yield Candidate(
                title=f"give `{text_of(clash, side.node)}` an axis of its own at position {position}",
                edits=written,
                cost=0.6 + 0.05 * position + (0.5 if not position else 0.0),
                check=edited_code.tried(evidence, written),
                cause=statement_place(clash.source, clash.node),
            )


def _fits(clash: Clash, shape: Shape, others: list[Shape]) -> bool:
    if clash.kind == "layer":
        return True
    if clash.kind == "concat":
        return joinable([shape, *others], clash.axis)
    return all(broadcasts(shape, other) and not _meets_free(shape, other) for other in others)


def _meets_free(one: Shape, other: Shape) -> bool:
    """Return whether a size meets one that is left open: that they agree would be chance."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return any((a is None) != (b is None) and 1 not in (a, b) for a, b in pairs)


def _inserted(clash: Clash, position: int, rank: int) -> str:
    name = edits.alias(clash.source, "tensorflow") or edits.alias(clash.source, "numpy")
    new = f"{name}.newaxis" if name is not None else "None"
    if position and position == rank:
        return f"{{}}[..., {new}]"
    return f"{{}}[{':, ' * position}{new}]"


def follows(evidence: Evidence, clash: Clash) -> Iterator[Candidate]:
    """Let a tensor that is made up in the function (zeros, noise, a range) take its size from the other side."""
    differing = clash.differing()
    if differing is None:
        return
    axis, sizes = differing
    budget = Budget(nodes=20_000, seconds=0.2)
    for side, other, wrong, right in sides_in_turn(clash, sizes):
        for link in chain(side.node, clash.scope, (), budget):
            if link.scope is not clash.scope or not _makes_up(link.node) or not isinstance(link.node, ast.Call):
                continue
            if _name(link.node) in RANGES and right > wrong:
                break  # numbers beyond the table that they look up
            written = _sized(clash, link, wrong, taken(clash, link, other, axis, right))
            if written is not None:
                yield Candidate(
                    title=f"make `{text_of(clash, link.node)}` as large as what it meets",
                    edits=written,
                    cost=0.5,
                    check=edited_code.tried(evidence, written),
                    cause=link.place,
                )
            break


def sides_in_turn(clash: Clash, sizes: tuple[int | None, ...]) -> Iterator[tuple[Side, Side, int, int]]:
    """Yield (side to change, the other one, its size, the size wanted)."""
    (first, second), (one, other) = clash.sides, sizes
    if one is not None and other is not None:
        yield second, first, other, one
        yield first, second, one, other


def _makes_up(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _name(node) in MADE_UP


def _name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def taken(clash: Clash, link: Link | None, other: Side, axis: int, right: int) -> str | None:
    """Return how the size of the other side is read off a name bound where it is needed (None: at the clash)."""
    name = edits.alias(clash.source, "tensorflow")
    around = clash.source.owner(clash.node)
    parameters = {arg.arg for arg in ast.walk(around) if isinstance(arg, ast.arg)}
    for node in ast.walk(other.node):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        shape = shape_of(clash.scope.current(node.id)) if clash.scope.current(node.id) is not UNKNOWN else None
        bound = node.id in parameters or _bound_before(clash, node.id, link)
        if not shape or not bound:
            continue
        # An axis of the same size: the one at the same place from the end, or from the front, or any.
        places = [axis + len(shape), axis + len(other.shape), *range(len(shape))]
        position = next((one for one in places if 0 <= one < len(shape) and shape[one] == right), None)
        if position is not None:
            return f"{name}.shape({node.id})[{position}]" if name is not None else f"{node.id}.shape[{position}]"
    return None


def _bound_before(clash: Clash, name: str, link: Link | None) -> bool:
    if link is None:
        return True
    bindings = clash.scope.home(name, link.node)[1]
    return any(getattr(binding.statement, "lineno", link.place.row) < link.place.row for binding in bindings)


def _sized(clash: Clash, link: Link, wrong: int, text: str | None) -> tuple[Edit, ...] | None:
    """Write another size in the place of the one expression in a call that gives the wrong one."""
    call, budget = link.node, Budget(nodes=10_000, seconds=0.1)
    if text is None or not isinstance(call, ast.Call):
        return None
    found: list[ast.expr] = []
    waiting: list[ast.expr] = [*call.args, *(keyword.value for keyword in call.keywords)]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.List | ast.Tuple):
            waiting += node.elts
        elif is_size(evaluate(node, link.scope, budget), wrong):
            found.append(node)
    return (edits.replace(clash.source, found[-1], text),) if found else None


def is_size(value: Any, size: int) -> bool:
    """Return whether a value is this size; tensors are not compared, which would compute."""
    return type(value) is int and value == size


def text_of(clash: Clash, node: ast.AST) -> str:
    """Return an expression as it is written, cut to a title's width."""
    text = " ".join(clash.source.segment(node).split())
    return text if len(text) <= 40 else f"{text[:37]}..."
