"""An operation in the function of a stage refuses an element: what it got, and what would have been accepted there."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kerasguard.adapters import specs
from kerasguard.adapters.pipeline_graphs import IN_PYTHON
from kerasguard.errors import LONGEST, text_of
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.stages import argument_of
from kerasguard.provenance.values import UNKNOWN, ghost_of
from kerasguard.provenance.walk import Link, number_home
from kerasguard.repairs import edited_code, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.operations.inside import OPERATIONS, OWN_MISTAKES
from kerasguard.repairs.stages import feeding
from kerasguard.repairs.stages.applied import Applied, applied_of
from kerasguard.vocabulary import Edit, Offender, Place, Shape, Step

_ENTRIES = re.compile(r"tensor with (\d+) values")  # of an element that is gone, nothing else tells the size
_WHOLE = "int32"
MOST_OPERANDS = 4


@dataclass(frozen=True)
class Refused:
    """An operation inside a stage's function.

    Attributes
    ----------
    node
        The operation; the statement's value where only the line is known.
    operands
        What it got: text, shape, dtype.
    applied
        The stage, where it was being made; None where elements were being computed.
    """

    node: ast.expr
    scope: Scope
    source: SourceFile
    function: str
    operands: tuple[tuple[str, Shape | None, str | None], ...]
    applied: Applied | None

    @property
    def text(self) -> str:
        """The operation on one line."""
        return " ".join(self.source.segment(self.node).split())

    @property
    def place(self) -> Place:
        """Its line."""
        return statement_place(self.source, self.node)

    def offenders(self) -> Iterator[Offender]:
        """Yield the operands."""
        for text, shape, dtype in self.operands:
            yield Offender(text, "tensor", shape, dtype)


def refused(evidence: Evidence) -> Refused | None:
    """Return the operation in a stage's function that failed, while it was traced or while it ran."""
    applied = applied_of(evidence)
    if applied is not None and applied.inside:
        return _while_traced(evidence, applied)
    line = feeding.failed_line(evidence)
    return _while_running(line) if line is not None else None


def _while_traced(evidence: Evidence, applied: Applied) -> Refused | None:
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    if frame.source is None or frame.node is None or isinstance(evidence.event.error, OWN_MISTAKES):
        return None
    lambda_ = scope.owner if frame.lasti < 0 and isinstance(scope.owner, ast.Lambda) else None
    # Where in a translated lambda it failed is lost, and the call around it stands in the same statement.
    node = _only_operation(lambda_.body) if lambda_ is not None else _operation(frame.source, frame.node)
    if node is None or not evidence.library:
        return None
    name = "the lambda" if frame.function == "<lambda>" else f"{frame.function}()"
    return Refused(node, scope, frame.source, name, tuple(_operands(frame.source, node, scope)), applied)


def _operation(source: SourceFile, node: ast.AST) -> ast.expr | None:
    """Return the operation that failed; of a statement of which no more is known, the only one on tensors."""
    if isinstance(node, OPERATIONS):
        return node
    return _only_operation(getattr(source.statement(node), "value", None))


def _only_operation(value: ast.expr | None) -> ast.expr | None:
    parts = [value, *getattr(value, "elts", [])] if value is not None else []
    found = [part for part in parts if isinstance(part, OPERATIONS)]
    return found[0] if len(found) == 1 else None


def _while_running(line: feeding.FailedLine) -> Refused | None:
    """Return the operation on the line that failed, with the shapes that it was traced on."""
    if line.operation.kind in IN_PYTHON:
        return None
    node = _operation(line.source, line.statement)
    if node is None:
        return None
    around = line.source.function(line.statement)
    name = f"{around.name}()" if around is not None else "the lambda"
    scope = Scope(line.source, line.source.owner(node), {}, {}, live=False)
    shapes = line.operation.shapes
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    told = ((line.source.segment(first), shapes[0], None),) if first is not None and shapes else ()
    return Refused(node, scope, line.source, name, told, None)


def _operands(source: SourceFile, node: ast.expr, scope: Scope) -> Iterator[tuple[str, Shape | None, str | None]]:
    parts: list[ast.expr] = []
    if isinstance(node, ast.Call):
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(node.func, ast.Attribute):
            parts.insert(0, node.func.value)
    elif isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Subscript):
        parts = [node.value]
    budget, count = Budget(nodes=10_000, seconds=0.1), 0
    for part in [one for each in parts for one in _flat(each)]:
        value = scope.current(part.id) if isinstance(part, ast.Name) else evaluate(part, scope, budget)
        tensor = specs.kind_of(value) in specs.ARRAYS if value is not UNKNOWN else False
        ghost = ghost_of(value) if tensor or type(value).__name__ == "Ghost" else None
        if ghost is not None and count < MOST_OPERANDS:
            count += 1
            yield " ".join(source.segment(part).split()), ghost.shape, ghost.dtype


def _flat(node: ast.expr) -> list[ast.expr]:
    return [one for part in node.elts for one in _flat(part)] if isinstance(node, ast.List | ast.Tuple) else [node]


def lines(found: Refused) -> Iterator[Step]:
    """Yield where the stage is made."""
    if found.applied is not None:
        yield Step(found.applied.place, f"{found.applied.operation} calls {found.applied.name} here")


def candidates(evidence: Evidence, found: Refused) -> Iterator[Candidate]:
    """Propose another target for a reshape, no second one-hot, or a cast."""
    if not isinstance(found.node, ast.Call):
        return
    name = found.node.func.attr if isinstance(found.node.func, ast.Attribute) else getattr(found.node.func, "id", "")
    if name == "reshape":
        yield from _reshaped(evidence, found)
    elif name == "one_hot":
        yield from _encoded(evidence, found)


def _reshaped(evidence: Evidence, found: Refused) -> Iterator[Candidate]:
    target = argument_of(found.node, 1, "shape")  # type: ignore[arg-type]  # `candidates` looked
    entries = _entries(evidence, found)
    if not isinstance(target, ast.Tuple | ast.List) or entries is None:
        return
    values = [evaluate(size, found.scope) for size in target.elts]
    if not values or not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return
    for cost, sizes in enumerate(_targets(values, entries)):
        written = _written(found, target.elts, values, sizes)
        if written is None:
            continue
        changes, at_home = written
        yield Candidate(
            title=f"reshape to {tuple(sizes)}",
            edits=changes,
            cost=0.7 + 0.1 * cost,
            check=None if at_home else edited_code.tried(evidence, changes),
            cause=found.place,
            exact=found.applied is not None and not at_home,
        )


def _entries(evidence: Evidence, found: Refused) -> int | None:
    """Return how many entries the tensor has that is reshaped."""
    shape = found.operands[0][1] if found.operands else None
    if found.applied is not None and shape is not None and None not in shape:
        return math.prod(size for size in shape if size is not None)
    told = _ENTRIES.search(text_of(evidence.event.error)[:LONGEST])
    return int(told.group(1)) if told is not None else None


def _targets(values: list[int], entries: int) -> Iterator[list[int]]:
    """Yield targets that hold so many entries and are most like the one that is written."""
    seen = [values]
    for index in range(len(values) - 1):
        rest = math.prod(values[:index] + values[index + 2 :])
        if values[index] != values[index + 1] or rest <= 0 or entries % rest:
            continue
        root = math.isqrt(entries // rest)
        if root * root == entries // rest:
            seen.append([*values[:index], root, root, *values[index + 2 :]])
            yield seen[-1]
    for index in reversed(range(len(values))):
        rest = math.prod(values[:index] + values[index + 1 :])
        sizes = [*values[:index], entries // rest if rest > 0 else 0, *values[index + 1 :]]
        if rest > 0 and entries % rest == 0 and sizes not in seen:
            yield sizes


def _written(
    found: Refused, nodes: list[ast.expr], values: list[int], sizes: list[int]
) -> tuple[tuple[Edit, ...], bool] | None:
    """Return the edits that change the sizes: where the numbers are written, and whether that is outside the function."""
    changes: dict[Edit, None] = {}
    outside = False
    for node, old, new in zip(nodes, values, sizes, strict=True):
        if old == new:
            continue
        home: Link | None = number_home(node, found.scope)
        if home is None or not isinstance(home.node, ast.Constant):
            changes[edits.replace(found.source, node, str(new))] = None
            continue
        outside = outside or home.node is not node
        changes[edits.replace(home.source, home.node, str(new))] = None
    spans = [(edit.filename, edit.start) for edit in changes]
    return (tuple(changes), outside) if changes and len(set(spans)) == len(spans) else None


def _encoded(evidence: Evidence, found: Refused) -> Iterator[Candidate]:
    """Propose to leave out a second one-hot, or to make whole numbers of the labels."""
    given = argument_of(found.node, 0, "indices")  # type: ignore[arg-type]  # `candidates` looked
    depth = argument_of(found.node, 1, "depth")  # type: ignore[arg-type]  # as above
    if given is None or not found.operands:
        return
    _, shape, dtype = found.operands[0]
    text = found.source.segment(given)
    classes = evaluate(depth, found.scope) if depth is not None else UNKNOWN
    if shape and shape[-1] == classes:
        yield _changed(evidence, found, f"leave it out: `{text}` is one-hot already", text, 0.5)
    prefix = edits.alias(found.source, "tensorflow")
    if prefix is not None and dtype is not None and dtype.startswith(("float", "bfloat")):
        whole = edits.replace(found.source, given, f"{prefix}.cast({text}, {prefix}.{_WHOLE})")
        yield Candidate(
            title=f"make whole numbers of `{text}`",
            edits=(whole,),
            cost=0.7,
            check=edited_code.tried(evidence, (whole,)),
            cause=found.place,
        )


def _changed(evidence: Evidence, found: Refused, title: str, text: str, cost: float) -> Candidate:
    edit = edits.replace(found.source, found.node, text)
    return Candidate(title, (edit,), cost, check=edited_code.tried(evidence, (edit,)), cause=found.place)


__all__ = ["Refused", "candidates", "lines", "refused"]
