"""One step of the way back: from an expression to the expressions that its value came from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.provenance.abstract import (
    Budget,
    truth_of,
)
from kerasguard.provenance.bindings import COMPREHENSIONS
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.fields import of_attribute
from kerasguard.provenance.links import Link, next_link
from kerasguard.provenance.names import of_name
from kerasguard.provenance.operands import of_call
from kerasguard.provenance.values import (
    is_array,
)


def sources(link: Link, budget: Budget | None = None) -> list[Link]:
    """Return where the value of a link came from, one step back, the likeliest first."""
    budget = budget if budget is not None else Budget()
    node = link.node
    if isinstance(node, ast.Name):
        found = of_name(link, node, budget)
    elif isinstance(node, ast.Attribute):
        found = of_attribute(link, node, budget)
    elif isinstance(node, ast.Call):
        found = of_call(link, node, budget)
    elif isinstance(node, COMPREHENSIONS):
        found = _of_comprehension(link, node, budget)
    else:
        found = [
            next_link(link, part, budget, path, lift, same) for part, path, lift, same in _parts(link, node, budget)
        ]
    return [one for one in found if one is not None]


def _parts(link: Link, node: ast.expr, budget: Budget) -> Iterator[tuple[ast.expr, tuple[Any, ...], int, bool]]:  # noqa: C901, PLR0912  # one branch per kind of expression
    """Yield the operands of an expression: node, path, gained axes, whether the value is the very same."""
    if isinstance(node, ast.Subscript):
        index = evaluate(node.slice, link.scope, budget)
        base = evaluate(node.value, link.scope, budget)
        if (isinstance(base, list | tuple | dict) and isinstance(index, int | str)) or _is_display(node.value):
            yield node.value, (index if isinstance(index, int | str) else "*", *link.path), 0, True
        else:
            yield node.value, link.path if not is_array(base) else (), 0, False
    elif isinstance(node, ast.BinOp):
        for part in (node.left, node.right):
            yield part, (), 0, False
    elif isinstance(node, ast.UnaryOp):
        yield node.operand, (), 0, False
    elif isinstance(node, ast.Compare):
        for part in (node.left, *node.comparators):
            yield part, (), 0, False
    elif isinstance(node, ast.BoolOp):
        for part in reversed(node.values):
            yield part, link.path, 0, True
    elif isinstance(node, ast.IfExp):
        truth = truth_of(evaluate(node.test, link.scope, budget))
        for part, chosen in ((node.body, truth is not False), (node.orelse, truth is not True)):
            if chosen:
                yield part, link.path, 0, True
    elif isinstance(node, ast.Starred | ast.NamedExpr | ast.Await):
        yield node.value, link.path, 0, True
    elif isinstance(node, ast.List | ast.Tuple):
        for part in node.elts:
            yield part, (), 0 if isinstance(part, ast.Starred) else 1, False
    elif isinstance(node, ast.Dict):
        for part in node.values:
            yield part, (), 0, False


def _is_display(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple | ast.Dict)


def _of_comprehension(link: Link, node: Any, budget: Budget) -> list[Link | None]:
    path = link.path[1:] if link.path else ()
    inner = [node.elt] if hasattr(node, "elt") else [node.value]
    return [next_link(link, part, budget, path, 0 if link.path else 1) for part in inner]
