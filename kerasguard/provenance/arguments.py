"""Find, in the user's source, the expression that a leaf of a call's arguments was written as."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import Any

from kerasguard.provenance.bindings import Scoped, default_of, parameters
from kerasguard.provenance.scope import Scope

Path = Sequence[Any]


def passed(function: Scoped, call: ast.Call, *, skip_self: bool = False) -> dict[str, ast.expr]:
    """Return the expression for each parameter that a call writes out, defaults left out.

    An argument after a starred one cannot be told apart and is left out.
    """
    a = function.args
    names = [arg.arg for arg in (*a.posonlyargs, *a.args)][1 if skip_self else 0 :]
    result: dict[str, ast.expr] = {}
    result.update(zip(names, _positional(call), strict=False))
    known = {arg.arg for arg in parameters(function)}
    for keyword in call.keywords:
        if keyword.arg in known and keyword.arg is not None:
            result[keyword.arg] = keyword.value
        elif keyword.arg is None and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in known:
                    result[key.value] = value
    return result


def spread(function: Scoped, call: ast.Call, *, skip_self: bool = False) -> dict[str, tuple[ast.expr, tuple[Any, ...]]]:
    """Return, for the parameters that a last starred argument fills, that argument and the path to the item."""
    last = call.args[-1] if call.args else None
    if not isinstance(last, ast.Starred) or isinstance(last.value, ast.List | ast.Tuple):
        return {}
    if any(isinstance(arg, ast.Starred) for arg in call.args[:-1]):
        return {}
    a = function.args
    names = [arg.arg for arg in (*a.posonlyargs, *a.args)][: len(a.posonlyargs) + len(a.args) - len(a.defaults)]
    names = names[(1 if skip_self else 0) + len(call.args) - 1 :]
    written = {keyword.arg for keyword in call.keywords}
    return {name: (last.value, (index,)) for index, name in enumerate(names) if name not in written}


def _positional(call: ast.Call) -> list[ast.expr]:
    nodes: list[ast.expr] = []
    for node in call.args:
        if isinstance(node, ast.Starred):
            if not isinstance(node.value, ast.List | ast.Tuple):
                return nodes
            nodes += node.value.elts
        else:
            nodes.append(node)
    return nodes


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
    positional = _positional(call)
    if isinstance(first, int):
        return positional[first] if first < len(positional) else None
    for keyword in call.keywords:
        if keyword.arg == first:
            return keyword.value
        if keyword.arg is None and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == first:
                    return value
    for names in (order,) if order is not None else _usual_orders(call):
        if first in names and names.index(first) < len(positional):
            return positional[names.index(first)]
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
