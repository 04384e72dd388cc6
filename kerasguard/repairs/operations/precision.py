"""Two dtypes in one operation of the user's own: which tensor to cast, and where it is made."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance import walk
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.frames import UserFrame
from kerasguard.provenance.links import Link
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.values import UNKNOWN
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels.demands import WHOLE
from kerasguard.vocabulary import Edit, Place

TENSORS = frozenset({"eager", "variable", "symbolic"})
CONVERSIONS = frozenset({"constant", "convert_to_tensor", "Variable", "from_tensor_slices", "from_tensors"})
MOST_NODES = 100


class Operand(NamedTuple):
    """A tensor in the failing expression."""

    name: str
    node: ast.expr
    scope: Scope
    value: Any

    @property
    def dtype(self) -> str:
        """The name of its dtype."""
        return specs.dtype_of(self.value) or ""


def mixed(evidence: Evidence) -> tuple[Operand, Operand] | None:
    """Return the operand to cast and the one whose dtype it should have, of an operation that got both.

    The one of 64 bits is cast: models compute with 32.
    """
    for found in _operations(evidence):
        pair = _pair(found)
        if pair is not None:
            return pair
    return None


def _pair(found: list[Operand]) -> tuple[Operand, Operand] | None:
    floats = [one for one in found if one.dtype.startswith(("float", "bfloat"))]
    for wide in floats:
        for narrow in floats:
            if wide.dtype == "float64" and narrow.dtype in {"float32", "float16", "bfloat16"}:
                return wide, narrow
    whole = [one for one in found if one.dtype.startswith(("int", "uint", "bool"))]
    return (whole[0], floats[0]) if whole and floats else None


def _operations(evidence: Evidence) -> Iterator[list[Operand]]:
    """Yield the named tensors in the user's failing expression; of a whole statement in each of its operations, inner first."""
    if not evidence.frames:
        return
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    node = frame.node
    if node is None or (not evidence.library and not isinstance(node, ast.BinOp | ast.Call)):
        return
    parts = list(itertools.islice(ast.walk(node), MOST_NODES))
    if frame.lasti < 0:  # where in the statement it failed is lost
        statement = frame.source.statement(node) if frame.source is not None else None
        parts = list(itertools.islice(ast.walk(statement or node), MOST_NODES))
        for part in reversed(parts):
            if isinstance(part, ast.BinOp | ast.Compare | ast.Call):
                yield list(_operands(ast.walk(part), frame, scope))
        return
    yield list(_operands(parts, frame, scope))


def _operands(parts: Iterable[ast.AST], frame: UserFrame, scope: Scope) -> Iterator[Operand]:
    for part in parts:
        if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Load):
            value = scope.current(part.id) if isinstance(part, ast.Name) else evaluate(part, scope)
            if value is not UNKNOWN and specs.kind_of(value) in TENSORS and frame.source is not None:
                yield Operand(frame.source.segment(part), part, scope, value)


def fitting(evidence: Evidence, wide: Operand, narrow: Operand) -> Iterator[Candidate]:
    """Propose the cast: where the data becomes a tensor, where it leaves its helper, or in the operation."""
    made = _made(wide)
    dtype = narrow.dtype
    if made is not None:
        written, place = _at(made, dtype)
        if written:
            yield Candidate(
                title=f"make `{wide.name}` of {dtype} from the start",
                edits=written,
                cost=0.7,
                cause=place,
                exact=False,
            )
    source = wide.scope.source
    name = edits.alias(source, "tensorflow") if source is not None else None
    if source is not None and name is not None:
        yield Candidate(
            title=f"cast `{wide.name}` to {dtype}",
            edits=(edits.wrap(source, wide.node, f"{name}.cast({{}}, {name}.{dtype})"),),
            cost=1.2,
            exact=False,
        )
    del evidence


def _made(wide: Operand) -> Link | None:
    """Return the link to write at: the conversion to a tensor, else the helper's return, else the last array."""
    links = walk.chain(wide.node, wide.scope)
    chosen = None
    for link in links:
        if _converts(link.node):
            name = _called(link.node)
            if name not in {"from_tensor_slices", "from_tensors"}:
                return link
            continue
        if link.note == "returned" and link.path in WHOLE:
            return link
        if link.path not in WHOLE or isinstance(link.node, ast.Name | ast.Attribute):
            continue
        if _dtype(link) == wide.dtype or (chosen is None and _dtype(link) == ""):
            chosen = chosen or link
    return chosen


def _dtype(link: Link) -> str:
    return str(getattr(link.value, "dtype", "") or "")


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _converts(node: ast.AST) -> bool:
    return _called(node) in CONVERSIONS


def _at(link: Link, dtype: str) -> tuple[tuple[Edit, ...], Place]:
    source, node = link.source, link.node
    if isinstance(node, ast.Call) and _converts(node):
        name = edits.alias(source, "tensorflow")
        text = f"{name}.{dtype}" if name is not None else f'"{dtype}"'
        return (edits.set_argument(source, node, "dtype", text),), link.place
    return (edits.wrap(source, node, f'{{}}.astype("{dtype}")'),), link.place
