"""Find, in the user's source, the expression that a leaf of a call's arguments was written as."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import Any

from kerasguard.provenance.bindings import default_of
from kerasguard.provenance.passing import positional
from kerasguard.provenance.scope import Scope

Path = Sequence[Any]


def argument_node(call: ast.Call, path: Path, order: Sequence[str] | None = None) -> ast.expr | None:
    """Return the expression written for one leaf of a call's arguments.

    Parameters
    ----------
    call : ast.Call
        The call in the user's source.
    path : sequence
        First the parameter's name, or its 0-based position; then indices and keys into what was passed.
    order : sequence of str, optional
        The parameter names in positional order, without ``self``. Those of Keras' fit, evaluate, predict and of a
        layer's call are used when it is missing.

    Returns
    -------
    ast.expr or None
        The deepest expression that the displays written in the call lead to.
    """
    if not path:
        return None
    first, rest = path[0], path[1:]
    node = _parameter(call, first, order)
    return None if node is None else into_display(node, rest)[0]


def _parameter(call: ast.Call, first: Any, order: Sequence[str] | None) -> ast.expr | None:
    written = positional(call)
    if isinstance(first, int):
        return written[first] if first < len(written) else None
    for keyword in call.keywords:
        if keyword.arg == first:
            return keyword.value
        if keyword.arg is None and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == first:
                    return value
    for names in (order,) if order is not None else _usual_orders(call):
        if first in names and names.index(first) < len(written):
            return written[names.index(first)]
    return None


def _usual_orders(call: ast.Call) -> tuple[tuple[str, ...], ...]:
    """Return the positional orders that Keras' entry points have had for as long as they exist."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        return (("x", "y"),) if method == "fit" else (("x", "y", "sample_weight" if "on_batch" in method else ""),)
    if method in ("predict", "predict_on_batch"):
        return (("x",),)
    return (("inputs", "outputs"), ("args",), ("x",))


def order_of(function: Any) -> tuple[str, ...]:
    """Return the positional parameter names of a live callable, without ``self``; empty when it does not tell."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(name for name, parameter in signature.parameters.items() if parameter.kind in kinds)


def into_display(node: ast.expr, path: Path) -> tuple[ast.expr, tuple[Any, ...]]:
    """Follow a path into list, tuple and dict displays; return where it ends and what is left of the path."""
    rest = tuple(path)
    while rest:
        if isinstance(node, ast.List | ast.Tuple) and isinstance(rest[0], int):
            if any(isinstance(item, ast.Starred) for item in node.elts) or not -len(node.elts) <= rest[0] < len(
                node.elts
            ):
                break
            node, rest = node.elts[rest[0]], rest[1:]
        elif isinstance(node, ast.List | ast.Tuple) and rest[0] == "*" and node.elts:
            node, rest = node.elts[0], rest[1:]
        elif isinstance(node, ast.Dict):
            found = next(
                (
                    v
                    for k, v in zip(node.keys, node.values, strict=True)
                    if isinstance(k, ast.Constant) and k.value == rest[0]
                ),
                None,
            )
            if found is None:
                break
            node, rest = found, rest[1:]
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args
        ):
            found = next((k.value for k in node.keywords if k.arg == rest[0]), None)
            if found is None:
                break
            node, rest = found, rest[1:]
        else:
            break
    return node, rest


def resolve_path(expr: ast.expr, scope: Scope, path: Path) -> tuple[ast.expr, Scope, tuple[Any, ...]]:
    """Follow a path through displays and through names bound to displays.

    Returns
    -------
    (ast.expr, Scope, tuple)
        Where the path leads, the scope in which that expression stands, and what is left of the path when an
        expression on the way is no display (a function's result, say).
    """
    node, rest = into_display(expr, path)
    for _ in range(16):
        if not rest or not isinstance(node, ast.Name):
            break
        home, found = scope.home(node.id, node)
        found = [binding for binding in found if binding.kind != "augmented"]
        if not found:
            break
        binding = found[0]
        if binding.kind == "parameter":
            following = _argument(home, binding.statement, node.id)
        else:
            following = (binding.value, home, (*binding.path, *rest))
        if following is None or following[0] is None or binding.kind not in ("assign", "walrus", "parameter"):
            break
        inner, left = into_display(following[0], following[2] or rest)
        if len(left) >= len(rest) and not isinstance(inner, ast.Name):
            break
        node, scope, rest = inner, following[1], left
    return node, scope, rest


def _argument(scope: Scope, function: ast.AST, name: str) -> tuple[ast.expr | None, Scope, tuple[Any, ...]] | None:
    argument = scope.arguments.get(name)
    if argument is not None and argument.node is not None and argument.scope is not None:
        return argument.node, argument.scope, ()
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        default = default_of(function, name)
        if default is not None:
            return default, scope.outer or scope.module(), ()
    return None
