"""Products in which every row of one tensor meets every row of another: similarities of two towers, of queries and keys."""

from __future__ import annotations

import ast

from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.vocabulary import Shape

PRODUCTS = frozenset({"matmul", "dot", "tensordot"})
TWO = 2


def of_rows(node: ast.expr, scope: Scope, budget: Budget) -> tuple[ast.expr, ast.expr] | None:
    """Return the two tensors whose last axes are summed over, where a node is such a product as it is mostly written."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        right = _transposed(node.right)
        return None if right is None else (node.left, right)
    if not isinstance(node, ast.Call):
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "einsum" and len(node.args) == TWO + 1:
        return _einsum(evaluate(node.args[0], scope, budget), node.args[1], node.args[2])
    if name not in PRODUCTS or len(node.args) < TWO:
        return None
    turned = {one.arg: evaluate(one.value, scope, budget) for one in node.keywords}
    if turned.get("transpose_a") is True:
        return None
    if turned.get("transpose_b") is True:
        return node.args[0], node.args[1]
    right = _transposed(node.args[1])
    return None if right is None else (node.args[0], right)


def as_rows(node: ast.expr, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """Return the shapes that the failing op itself got, that of a tensor which ``tf.transpose`` turned turned back."""
    if len(shapes) != TWO or min(map(len, shapes)) < TWO or (isinstance(node, ast.Call) and len(node.args) != TWO):
        return ()
    one, other = shapes
    right = node.right if isinstance(node, ast.BinOp) else node.args[1] if isinstance(node, ast.Call) else None
    turned = right is not None and _transposed(right) is not None
    return (one, (*other[:-TWO], other[-1], other[-TWO])) if turned else shapes


def _transposed(node: ast.expr) -> ast.expr | None:
    """Return the tensor that ``tf.transpose(x)`` turns around."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return node.args[0] if name == "transpose" else None


def _einsum(text: object, one: ast.expr, other: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    if not isinstance(text, str) or "->" not in text:
        return None
    given, _, result = text.replace(" ", "").partition("->")
    parts = given.split(",")
    summed = len(parts) == TWO and parts[0][-1:] == parts[1][-1:] != "" and parts[0][-1] not in result
    return (one, other) if summed else None
