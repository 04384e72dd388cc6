"""One step of the way back: from an expression to the expressions that its value came from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.provenance.abstract import (
    Budget,
    Instance,
    truth_of,
)
from kerasguard.provenance.access import is_a
from kerasguard.provenance.attributes import is_user_class
from kerasguard.provenance.bindings import COMPREHENSIONS
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.fields import of_attribute
from kerasguard.provenance.links import Link, next_link
from kerasguard.provenance.names import GATHERED, of_name
from kerasguard.provenance.operands import of_call, of_items
from kerasguard.provenance.stages import of_recorded
from kerasguard.provenance.values import UNKNOWN, Ghost, is_dataset


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
    known = [one for one in found if one is not None]
    return known or [one for one in _of_live(link, budget) if one is not None]


def _of_live(link: Link, budget: Budget) -> list[Link | None]:
    """Return where the elements of a live object came from when no statement tells where the object did."""
    if link.path[:1] != ("*",) or link.whole is UNKNOWN:
        return []
    if is_dataset(link.whole):
        return [of_recorded(link, budget)]
    cls = link.whole.cls if is_a(link.whole, Instance) else type(link.whole)
    return list(of_items(link, cls, budget)) if is_user_class(cls) else []


def _parts(link: Link, node: ast.expr, budget: Budget) -> Iterator[tuple[ast.expr, tuple[Any, ...], int, bool]]:  # noqa: C901, PLR0912  # one branch per kind of expression
    """Yield the operands of an expression: node, path, gained axes, whether the value is the very same."""
    if isinstance(node, ast.Subscript):
        yield _of_subscript(link, node, budget)
    elif (joined := _of_joined(link, node, budget)) is not None:
        yield joined
    elif isinstance(node, ast.BinOp):
        kept = link.path if isinstance(link.whole, list | tuple) else ()
        for part in (node.left, node.right):
            yield part, kept, 0 if kept else -link.axes, False
    elif isinstance(node, ast.UnaryOp):
        yield node.operand, (), -link.axes, False
    elif isinstance(node, ast.Compare):
        for part in (node.left, *node.comparators):
            yield part, (), -link.axes, False
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


def _of_joined(link: Link, node: ast.expr, budget: Budget) -> tuple[ast.expr, tuple[Any, ...], int, bool] | None:
    """Return which part an item of a sum of tuples, or of a display with a starred part, was taken of."""
    index = link.path[0] if link.path else None
    whole = link.whole
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts: list[ast.expr] = [node.left, node.right]
    elif isinstance(node, ast.List | ast.Tuple):
        parts = node.elts
    else:
        return None
    if not isinstance(index, int) or not is_a(whole, list | tuple) or not -len(whole) <= index < len(whole):
        return None
    index %= len(whole)
    for part in parts:
        display = isinstance(node, ast.BinOp) or isinstance(part, ast.Starred)
        held = (
            evaluate(part.value if isinstance(part, ast.Starred) else part, link.scope, budget) if display else [part]
        )
        if not is_a(held, list | tuple):
            return None
        if index < len(held):
            inner = part.value if isinstance(part, ast.Starred) else part
            return inner, ((index, *link.path[1:]) if display else link.path[1:]), 0, True
        index -= len(held)
    return None


def _of_subscript(link: Link, node: ast.Subscript, budget: Budget) -> tuple[ast.expr, tuple[Any, ...], int, bool]:
    """Return what an item was taken of: a container at a key, an object item by item, an array as a whole."""
    index = evaluate(node.slice, link.scope, budget)
    base = evaluate(node.value, link.scope, budget)
    key = index if isinstance(index, int | str) else "*"
    if isinstance(node.slice, ast.Slice | ast.Tuple) and not isinstance(base, dict):
        kept = link.path if isinstance(base, list | tuple) else ()
        return node.value, kept, 0 if kept else -link.axes, False
    if isinstance(base, list | tuple | dict) or _is_display(node.value):
        return node.value, (key, *link.path), 0, True
    if base is UNKNOWN and isinstance(index, str):
        return node.value, (key, *link.path), 0, True
    if isinstance(base, Instance) or (
        base is not UNKNOWN and not isinstance(base, Ghost) and is_user_class(type(base))
    ):
        return node.value, ("*", *link.path), 0, True
    if base is UNKNOWN and isinstance(index, int) and link.value is UNKNOWN:
        return node.value, (key, *link.path), 0, False
    return node.value, (), -link.axes, False


def _is_display(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple | ast.Dict)


def _of_comprehension(link: Link, node: Any, budget: Budget) -> list[Link | None]:
    inner = node.elt if hasattr(node, "elt") else node.value
    return [next_link(link, inner, budget, link.path[1:], 0 if link.path else 1, note=GATHERED)]
