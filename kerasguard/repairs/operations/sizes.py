"""Repairs where the wrong size of an operand is born: the units of a layer, the length of a table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasguard.adapters import losses, wants
from kerasguard.adapters.specs import read
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import UNKNOWN, shape_of
from kerasguard.provenance.walk import chain, number_home
from kerasguard.repairs import constructors, edited_code, edits
from kerasguard.repairs.building.sites import reads
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.constructors import Made, Written
from kerasguard.repairs.labels import demands
from kerasguard.repairs.operations.axes import is_size, sides_in_turn, taken, text_of
from kerasguard.repairs.operations.clashes import Clash, Side
from kerasguard.vocabulary import Place

LAST = -1
POSITIONS = {"units": 0, "filters": 0, "output_dim": 1}
GIVES_WAY = 0.3  # how much dearer it is to change the side that the program is built around


class Source(NamedTuple):
    """The layer call that made a side, and the layer that fixes its last axis."""

    link: Link
    layer: Any
    maker: Any
    argument: str


def widths(evidence: Evidence, clash: Clash) -> Iterator[Candidate]:
    """Give the layer behind one side as many units as the other side has."""
    differing = clash.differing()
    if differing is None or differing[0] != LAST:
        return
    for side, other, wrong, right in sides_in_turn(clash, differing[1]):
        source = source_of_side(clash, side, wrong)
        made = constructors.made(evidence, source.maker) if source is not None else None
        if source is None or made is None:
            continue
        written = constructors.number(made, source.argument, POSITIONS[source.argument], right)
        if written is None:
            continue
        yield Candidate(
            title=f"give layer '{source.maker.name}' {right} {source.argument}",
            edits=(written.edit,),
            cost=0.6 + GIVES_WAY * _weight(evidence, clash, source, wrong, (other, right)),
            check=demands.tried(evidence, layers={source.maker: {source.argument: right}}),
            cause=_line(written, made),
            exact=_alone(written, made),
        )


def _line(written: Written, made: Made) -> Place:
    """Return the line to blame: of a statement that makes many layers, the call that makes this one."""
    place = written.place
    if place.row <= made.call.lineno <= place.end_row and place.row < place.end_row:
        return made.source.place(made.call)
    return place


def source_of_side(clash: Clash, side: Side, size: int) -> Source | None:
    """Return the layer call from which a side comes, and the layer that fixes its last axis; None for data."""
    budget = Budget(nodes=20_000, seconds=0.2)
    for link in chain(side.node, clash.scope, (), budget):
        called = evaluate(link.node.func, link.scope, budget) if isinstance(link.node, ast.Call) else None
        if wants.is_layer(called):
            found = losses.width_maker(called, size)
            if found is not None:
                return Source(link, called, *found)
            if wants.is_model(called):
                return None
    return None


def _weight(evidence: Evidence, clash: Clash, mine: Source, wrong: int, rival: tuple[Side, int]) -> float:
    """Return how much speaks against changing a side, 0 to 3.

    What is frozen, or computed outside the tape while the other side is inside, is given; so is a size that the
    labels or more of the program's numbers agree with.
    """
    side, right = rival
    other = source_of_side(clash, side, right)
    if other is None:
        return 0.0  # the other side is data
    weight = 0.0
    if read(mine.layer, "trainable") is False and read(other.layer, "trainable") is not False:
        weight += 1.0
    if _in_tape(other.link) and not _in_tape(mine.link):
        weight += 1.0
    wanted = {
        int(bounds[1]) + 1 for one in demands.labels(evidence) if (bounds := demands.label_range(one)) is not None
    }
    if wrong in wanted and right not in wanted:
        weight += 1.0
    if _count(clash.source, wrong) > _count(clash.source, right):
        weight += 0.5
    return weight


def _in_tape(link: Link) -> bool:
    """Return whether an expression stands in the block of a gradient tape: what is computed there is trained."""
    node: ast.AST | None = link.node
    while node is not None:
        if isinstance(node, ast.With):
            for item in node.items:
                if isinstance(item.context_expr, ast.Call) and "GradientTape" in ast.dump(item.context_expr.func):
                    return True
        node = link.source.parent(node)
    return False


def _count(source: SourceFile, number: int) -> int:
    return sum(
        isinstance(node, ast.Constant) and type(node.value) is int and node.value == number
        for node in ast.walk(source.tree)
    )


def _alone(written: Written, made: Made) -> bool:
    """Return whether nothing but this layer reads the number that is edited."""
    owner = made.source.owner(made.call)
    return all(
        len(reads(made.source, name, owner)) <= 1
        and (
            owner is made.source.tree or name not in _constants(made.source) or len(reads(made.source, name, None)) <= 1
        )
        for name in written.names
    )


def _constants(source: SourceFile) -> set[str]:
    """Return the names that the module binds."""
    bound = [target for node in getattr(source.tree, "body", []) for target in getattr(node, "targets", [])]
    return {node.id for target in bound for node in ast.walk(target) if isinstance(node, ast.Name)}


def tables(evidence: Evidence, clash: Clash) -> Iterator[Candidate]:
    """Cut a table (of positions, say) to the length of what it is added to, or make it as long."""
    differing = clash.differing()
    if differing is None or clash.kind != "elementwise":
        return
    axis, sizes = differing
    for side, other, wrong, right in sides_in_turn(clash, sizes):
        if axis != LAST and wrong > right and _is_table(side, other):
            text = taken(clash, None, other, axis, right)
            place = len(side.shape) + axis
            if text is not None:
                written = (edits.wrap(clash.source, side.node, f"{{}}[{':, ' * place}:{text}]"),)
                yield Candidate(
                    title=f"use only as much of `{text_of(clash, side.node)}` as it meets",
                    edits=written,
                    cost=0.6,
                    check=edited_code.tried(evidence, written),
                )
        yield from _at_home(clash, side, wrong, right, cost=0.9 if _is_table(side, other) else 1.2)


def _is_table(side: Side, other: Side) -> bool:
    """Return whether a side has no batch of its own: fewer axes, or one row."""
    return None not in side.shape and (len(side.shape) < len(other.shape) or side.shape[:1] == (1,))


def _at_home(clash: Clash, side: Side, wrong: int, right: int, *, cost: float) -> Iterator[Candidate]:
    """Write the other size at the home of the number that gave a side its size."""
    budget = Budget(nodes=20_000, seconds=0.2)
    for link in chain(side.node, clash.scope, (), budget):
        if _agreed(link, wrong, budget):
            return  # another tensor has this size as well: changed alone, they would no longer go together
        if not isinstance(link.node, ast.Call) or wants.is_layer(evaluate(link.node.func, link.scope, budget)):
            continue
        given = [*link.node.args, *(keyword.value for keyword in link.node.keywords)]
        for node in [one for part in given for one in _flat(part)]:
            if not is_size(evaluate(node, link.scope, budget), wrong):
                continue
            home = number_home(node, link.scope, (), budget)
            if home is None or home.path or not isinstance(home.node, ast.expr):
                continue
            if not is_size(evaluate(home.node, home.scope, budget), wrong):
                continue
            yield Candidate(
                title=f"make `{text_of(clash, side.node)}` of size {right}",
                edits=(edits.replace(home.source, home.node, str(right)),),
                cost=cost,
                cause=home.place,
                exact=False,
            )
            return


def _agreed(link: Link, size: int, budget: Budget) -> bool:
    """Return whether an expression is computed from two tensors that have this size in the last axis."""
    if not isinstance(link.node, ast.BinOp):
        return False
    shapes = []
    for node in (link.node.left, link.node.right):
        value = evaluate(node, link.scope, budget)
        shapes.append(shape_of(value) if value is not UNKNOWN else None)
    return all(shape and shape[LAST] == size for shape in shapes)


def _flat(node: ast.expr) -> list[ast.expr]:
    return [one for part in node.elts for one in _flat(part)] if isinstance(node, ast.List | ast.Tuple) else [node]
