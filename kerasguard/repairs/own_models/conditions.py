"""A comparison that is off by one, or the wrong way round: how it may have been meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.provenance.source import SourceFile

STRICTER = {ast.LtE: "<", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
LOOSER = {ast.Lt: "<=", ast.Gt: ">="}
_ATOMS = ast.Name | ast.Attribute | ast.Constant | ast.Call | ast.Subscript


def nearby(node: ast.Compare, source: SourceFile) -> Iterator[tuple[str, float]]:
    """Yield other texts of a comparison, with what each costs more than the first: off by one, another operator."""
    if len(node.ops) != 1:
        return
    kind, right = type(node.ops[0]), node.comparators[0]
    one, other = source.segment(node.left), source.segment(right)
    written = source.segment(node)[len(one) :]
    operator = written[: len(written) - len(other)].strip()
    down, up = _shifted(right, source, -1), _shifted(right, source, 1)
    if kind in STRICTER:
        yield f"{one} {STRICTER[kind]} {other}", 0.0
    shifts = (down, up) if kind in (ast.Lt, ast.LtE, ast.Eq, ast.NotEq) else (up, down)
    for count, text in enumerate(shifts):
        yield f"{one} {operator} {text}", 0.05 + 0.1 * count
    if kind in LOOSER:
        yield f"{one} {LOOSER[kind]} {other}", 0.2


def _shifted(node: ast.expr, source: SourceFile, by: int) -> str:
    """Return an expression that gives one more or one less, without ``- 1 + 1``."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return str(node.value + by)
    text = source.segment(node)
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and node.right.value == 1:
        adds, takes = isinstance(node.op, ast.Add), isinstance(node.op, ast.Sub)
        if (adds and by < 0) or (takes and by > 0):
            return source.segment(node.left)
    text = text if isinstance(node, _ATOMS | ast.BinOp) else f"({text})"
    return f"{text} {'+' if by > 0 else '-'} 1"
