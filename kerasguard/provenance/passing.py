"""What a call in the source passes to the parameters of a function."""

from __future__ import annotations

import ast
from typing import Any

from kerasguard.provenance.bindings import Scoped, parameters


def passed(function: Scoped, call: ast.Call, *, skip_self: bool = False) -> dict[str, ast.expr]:
    """Return the expression for each parameter that a call writes out, defaults left out.

    An argument after a starred one cannot be told apart and is left out.
    """
    a = function.args
    names = [arg.arg for arg in (*a.posonlyargs, *a.args)][1 if skip_self else 0 :]
    result: dict[str, ast.expr] = {}
    result.update(zip(names, positional(call), strict=False))
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


def positional(call: ast.Call) -> list[ast.expr]:
    """Return the positional arguments that a call writes out, up to a starred one that cannot be told apart."""
    nodes: list[ast.expr] = []
    for node in call.args:
        if isinstance(node, ast.Starred):
            if not isinstance(node.value, ast.List | ast.Tuple):
                return nodes
            nodes += node.value.elts
        else:
            nodes.append(node)
    return nodes
