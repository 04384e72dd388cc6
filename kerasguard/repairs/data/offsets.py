"""Slices and windows that are one too long or too short: a number in a bound that the other side does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.access import is_a
from kerasguard.provenance.altered import would_be
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.values import shape_of
from kerasguard.provenance.walk import Link, chain
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import rows
from kerasguard.repairs.data.changing import changed, stand_in_for
from kerasguard.repairs.data.search import misfits
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Edit, Place, Shape

MOST_LINKS = 16
LARGEST = 3  # numbers beyond that are no slips


class Slip(NamedTuple):
    """A number in the bound of a slice or range; without it the size grows by ``gain``."""

    node: ast.AST
    edit: Edit
    place: Place
    gain: int
    text: str
    sure: bool


class Misfit(NamedTuple):
    """A tensor that has one size wrong by a little, and the slips that make up for it."""

    given: Given
    axis: int
    wanted: int
    slips: tuple[Slip, ...]

    @property
    def size(self) -> int:
        """The size that is there."""
        return int((self.given.shape or (0,))[self.axis] or 0)

    @property
    def shape(self) -> Shape:
        """The shape that the tensor should have."""
        return tuple(self.wanted if axis == self.axis else size for axis, size in enumerate(self.given.shape or ()))


def misfit(evidence: Evidence) -> Misfit | None:
    """Return the tensor whose one wrong size a number in a slice explains; asked once."""
    held = vars(evidence)
    if "_slipped" not in held:
        held["_slipped"] = next(_misfits(evidence), None)
    found: Misfit | None = held["_slipped"]
    return found


def _misfits(evidence: Evidence) -> Iterator[Misfit]:
    for given, axis, wanted in _off(evidence):
        if given.node is None or given.scope is None:
            continue
        size = (given.shape or ())[axis] or 0
        links = chain(given.node, given.scope, demands.element_path(given))[:MOST_LINKS]
        found = {slip.edit: slip for link in links for slip in _slips(link, size) if slip.gain == wanted - size}
        if found:
            yield Misfit(given, axis, wanted, tuple(found.values()))


def _off(evidence: Evidence) -> Iterator[tuple[Given, int, int]]:
    """Yield the tensors of which one size is off by a little: the tensor, the axis, the size wanted."""
    pairs = [(given, want.display) for given, want in misfits(evidence)]
    for pair in demands.pairs(evidence):
        output = pair.head.shape
        if output is not None and not demands.fits(pair):
            pairs.append((pair.given, output[:-1] if pair.head.sparse else output))
    for given, wanted in pairs:
        axes = _differing(given.shape, wanted)
        if len(axes) == 1:
            yield given, *axes[0]
    found = rows.mismatch(evidence)
    if found is not None and len(found.odd) == 1:
        odd = found.odd[0]
        others = [one for one in found.given if one is not odd]
        yield odd, 0, found.length
        if len(others) == 1:
            yield others[0], 0, (odd.shape or (0,))[0] or 0


def _differing(shape: Shape | None, wanted: Shape | None) -> list[tuple[int, int]]:
    """Return the axes on which two shapes of one rank differ by a little, with the wanted sizes; none if by much."""
    if shape is None or wanted is None or len(shape) != len(wanted):
        return []
    pairs = enumerate(zip(shape, wanted, strict=True))
    found = [(axis, have, want) for axis, (have, want) in pairs if axis and None not in (have, want) and have != want]
    return [(axis, want or 0) for axis, have, want in found if abs((have or 0) - (want or 0)) <= LARGEST]


def _slips(link: Link, size: int | None) -> Iterator[Slip]:
    """Yield the numbers in the bounds of a slice, or of the range of a loop, that made this size (None: any size)."""
    if isinstance(link.node, ast.Subscript):
        index = link.node.slice
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        shape = link.shape
        for axis, part in enumerate(parts):
            known = size is None or shape is None or (axis < len(shape) and shape[axis] in (size, None))
            if isinstance(part, ast.Slice) and part.step is None and known:
                for bound, sign in ((part.lower, -1), (part.upper, 1)):
                    yield from _numbers(link, link.node, bound, sign, axis)
    for node, whole in _ranges(link):
        turns = evaluate(node, link.scope)
        if size is None or not isinstance(turns, range) or len(turns) == size:
            for position, bound in enumerate(node.args):
                yield from _numbers(link, whole, bound, 1 if position == len(node.args) - 1 else -1, 0)


def _ranges(link: Link) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Yield the range that rows are gathered over, in a comprehension or a loop, with the expression to ask."""
    around = link.source.parent(link.statement) if link.lift else None
    if isinstance(link.node, ast.ListComp) and len(link.node.generators) == 1:
        node, whole = link.node.generators[0].iter, link.node
    elif isinstance(around, ast.For):
        node, whole = around.iter, around.iter  # type: ignore[assignment]
    else:
        return
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range" and 1 <= len(node.args) <= 2:
        yield node, whole


def _numbers(link: Link, whole: ast.expr, bound: ast.expr | None, sign: int, axis: int) -> Iterator[Slip]:
    """Yield the small numbers added to or taken from a bound, outermost first."""
    while isinstance(bound, ast.BinOp) and isinstance(bound.op, ast.Add | ast.Sub):
        number = bound.right
        small = isinstance(number, ast.Constant) and isinstance(number.value, int) and 0 < number.value <= LARGEST
        if small and not isinstance(bound.left, ast.Constant):
            gain = -sign * (1 if isinstance(bound.op, ast.Add) else -1) * number.value  # type: ignore[attr-defined]
            inner, outer = link.source.span(bound.left), link.source.span(bound)
            edit = Edit(link.source.filename, inner[2:], outer[2:], "")
            place = link.source.place(link.source.statement(bound) or bound)
            before, after = _size(whole, {}, link, axis), _size(whole, {bound: bound.left}, link, axis)
            sure = before is not None and after == before + gain
            yield Slip(bound, edit, place, gain, link.source.text[slice(*_offsets(link, inner, outer))].strip(), sure)
        bound = bound.left


def _offsets(link: Link, inner: tuple[int, ...], outer: tuple[int, ...]) -> tuple[int, int]:
    return link.source.offset(*inner[2:]), link.source.offset(*outer[2:])


def _size(whole: ast.expr, changes: dict[ast.AST, ast.AST], link: Link, axis: int) -> int | None:
    value = would_be(whole, changes, link.scope)
    if isinstance(value, range):
        return len(value)
    shape = shape_of(value)
    return shape[axis] if shape is not None and axis < len(shape) else None


def _held_out(evidence: Evidence, found: Misfit, slip: Slip) -> dict[tuple[str, tuple[Any, ...]], Any]:
    """Return the tensors for validation whose size the same number decides, as they would be without it."""
    slot, call = "validation_data", evidence.call
    value = call.validation_data if call is not None else None
    if value is None or not is_a(value, tuple | list):
        return {}
    changes = {}
    for one in evidence.tensors(slot, value):
        shape = one.shape
        if one.element is not None or not shape or None in shape:
            continue
        links = demands.held_out_way(evidence, one)[:MOST_LINKS]
        if any(slip.node is other.node for link in links for other in _slips(link, None)):
            sizes = [(size or 0) + slip.gain * (axis == found.axis) for axis, size in enumerate(shape)]
            changes[slot, one.path] = stand_in_for(one, tuple(sizes))
    return changes


def candidates(evidence: Evidence, found: Misfit) -> Iterator[Candidate]:
    """Propose the slice without the number."""
    call, one = evidence.call, found.given
    for index, slip in enumerate(found.slips):
        new = None
        if call is not None and one.element is None and None not in found.shape:
            new = changed(
                call, {(one.slot, one.path): stand_in_for(one, found.shape), **_held_out(evidence, found, slip)}
            )
        yield Candidate(
            title=f"leave `{slip.text}` out: `{one.name}` then has {found.wanted} "
            + ("rows" if found.axis == 0 else f"entries on axis {found.axis}"),
            edits=(slip.edit,),
            cost=0.4 + index / 10,
            call=new,
            cause=slip.place,
            exact=slip.sure,
        )
