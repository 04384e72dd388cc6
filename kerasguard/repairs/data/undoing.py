"""The step that gave a tensor its wrong shape: leave it out, or let it work on another axis."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.altered import holds, would_be
from kerasguard.provenance.values import shape_of
from kerasguard.provenance.walk import Link, chain
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.changing import changed, stand_in_for
from kerasguard.repairs.transformations import Transformation
from kerasguard.vocabulary import Shape

MOST_LINKS = 16
SHAPERS = frozenset(  # what changes the shape and nothing else
    {"expand_dims", "reshape", "squeeze", "ravel", "flatten", "array", "asarray", "stack", "atleast_3d", "newaxis"}
)
AXIS_SECOND = frozenset({"stack", "concatenate", "concat", "expand_dims"})


def candidates(evidence: Evidence, one: Given, want: Wanted, change: Transformation) -> Iterator[Candidate]:
    """Propose to leave out the step that made the rank wrong, or another axis where the sizes only changed places."""
    if one.node is None or one.scope is None or one.shape is None:
        return
    path = () if one.element is None else ("*", *one.element)
    links = chain(one.node, one.scope, path)[:MOST_LINKS]
    if len(change.shape(one.shape) or ()) != len(one.shape):
        yield from _left_out(evidence, one, want, links)
    elif change.kind == "permute":
        yield from _on_other_axis(evidence, one, want, links)


def _on_other_axis(evidence: Evidence, one: Given, want: Wanted, links: list[Link]) -> Iterator[Candidate]:
    """Propose another axis for the step that adds one, or puts arrays together along one."""
    call, wanted = evidence.call, want.display
    for link in links:
        node = _axis(link.node)
        here = link.shape
        if node is None or not here or wanted is None or len(here) > len(wanted) or link.path:
            continue
        goal = wanted[len(wanted) - len(here) :]
        found = [axis for axis in (-1, *range(len(here))) if _meets(_with_axis(link, node, axis), goal)]
        if not found or _meets(here, goal):
            continue
        shape = ((one.shape or (None,))[0], *wanted[1:])
        known = call is not None and one.element is None and None not in shape
        name = link.source.segment(link.node.func)  # type: ignore[attr-defined]
        yield Candidate(
            title=f"let {name}() work on axis {found[0]}: `{one.name}` then has shape {tuple(shape)}",
            edits=(edits.replace(link.source, node, str(found[0])),),
            cost=0.9,
            call=changed(call, {(one.slot, one.path): stand_in_for(one, shape)})
            if known and call is not None
            else None,
            cause=link.place,
            exact=known and len(_uses(link)) < 2,
        )
        return


def _axis(node: ast.expr) -> ast.expr | None:
    """Return the axis that is written out for a step which adds an axis, or joins along one."""
    if not isinstance(node, ast.Call):
        return None
    if _called(node) not in AXIS_SECOND:
        return None
    given = next((keyword.value for keyword in node.keywords if keyword.arg == "axis"), None)
    if given is None and len(node.args) > 1:
        given = node.args[1]
    number = given.operand if isinstance(given, ast.UnaryOp) else given
    return given if isinstance(number, ast.Constant) and isinstance(number.value, int) else None


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _with_axis(link: Link, node: ast.expr, axis: int) -> Shape | None:
    return shape_of(would_be(link.node, {node: ast.Constant(axis)}, link.scope))


def _meets(shape: Shape | None, goal: Shape) -> bool:
    """Return whether a shape is the wanted one, free sizes aside."""
    return (
        shape is not None
        and len(shape) == len(goal)
        and all(b is None or a == b for a, b in zip(shape, goal, strict=True))
    )


def _left_out(evidence: Evidence, one: Given, want: Wanted, links: list[Link]) -> Iterator[Candidate]:
    for index, link in enumerate(links):
        operand = _operand(link, links[index + 1 :])
        shape = None if operand is None else _lifted(operand, link)
        if operand is None or shape is None or not want.fits(shape):
            continue
        if want.fits(link.shape) or _rows_differ(evidence, one, shape):
            return
        call = evidence.call
        text = link.source.segment(operand.node)
        if isinstance(operand.node, ast.BinOp) and isinstance(link.source.parent(link.node), ast.expr):
            text = f"({text})"
        known = call is not None and one.element is None and None not in shape
        yield Candidate(
            title=f"leave out the step that gives `{one.name}` its shape: pass `{text}` on as it is",
            edits=(edits.replace(link.source, link.node, text),),
            cost=0.9,
            call=changed(call, {(one.slot, one.path): stand_in_for(one, shape)})
            if known and call is not None
            else None,
            cause=link.place,
            exact=known and len(_uses(link)) < 2,
        )
        return


def _operand(link: Link, rest: list[Link]) -> Link | None:
    """Return the one thing that a step is done to; None for what is no step, or only selects."""
    if link.path or not isinstance(link.node, ast.Call | ast.Subscript | ast.List):
        return None
    if isinstance(link.node, ast.Subscript) and not _only_adds(link.node.slice):
        return None
    if isinstance(link.node, ast.Call) and _called(link.node) not in SHAPERS:
        return None
    operand = next((one for one in rest if one.node is not link.node and holds(link.node, one.node)), None)
    return operand if operand is not None and not operand.path else None


def _only_adds(index: ast.expr) -> bool:
    """Return whether an index only adds axes: ``[None]``, ``[..., np.newaxis]``, ``[:, None]``."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return all(
        (isinstance(part, ast.Constant) and part.value in (None, ...))
        or (isinstance(part, ast.Attribute) and part.attr == "newaxis")
        or (isinstance(part, ast.Slice) and part.lower is part.upper is part.step is None)
        for part in parts
    )


def _lifted(operand: Link, link: Link) -> Shape | None:
    """Return the shape of what the step is done to, as the use would see it."""
    shape = operand.shape
    if shape is None or operand.lift > link.lift + 1:
        return None
    return (None,) * link.lift + shape


def _rows_differ(evidence: Evidence, one: Given, shape: Shape) -> bool:
    """Return whether the labels show another number of rows than there would be."""
    rows = {other.shape[0] for other in evidence.everything if other.slot == "y" and other.shape} - {None}
    return one.element is None and one.slot == "x" and bool(rows) and shape[:1] != (None,) and {shape[0]} != rows


def _uses(link: Link) -> list[ast.Name]:
    """Return the uses of the name that the step is bound to, beyond the first: they would change as well."""
    if link.name is None and not isinstance(link.statement, ast.Assign):
        return []
    targets = getattr(link.statement, "targets", [])
    names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    owner = link.source.owner(link.statement)
    return [
        node
        for node in ast.walk(owner)
        if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load)
    ]
