"""From a call back to what it was made of: the returns of a user's function, the data operands of a library's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any

from kerasguard.provenance.abstract import (
    FAILURES,
    Bound,
    Budget,
    Closure,
    OutOfBudget,
)
from kerasguard.provenance.attributes import is_user_class
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.interpret import entered
from kerasguard.provenance.links import Link, make_link, next_link
from kerasguard.provenance.reentry import called_scope, returned, run_scope, users_function
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.values import (
    UNKNOWN,
    Ghost,
    ghost_of,
)


def of_call(link: Link, node: ast.Call, budget: Budget) -> list[Link | None]:
    """Return the links of what a call was made of."""
    called = evaluate(node.func, link.scope, budget)
    function = users_function(called)
    if isinstance(called, type) and is_user_class(called):
        return list(_of_items(link, called, budget)) or list(_operands(link, node, budget))
    if function is not None:
        scope = called_scope(node, link.scope, function, budget)
        if scope is not None and scope.owner is not None:
            return list(of_returns(link, scope, budget))
    return list(_operands(link, node, budget))


def _of_items(link: Link, cls: type, budget: Budget) -> Iterator[Link | None]:
    """Yield what an object of a user's class hands out, item by item."""
    for name in ("__getitem__", "__next__", "__iter__"):
        method = next((vars(base).get(name) for base in cls.__mro__ if is_user_class(base)), None)
        if isinstance(method, FunctionType):
            scope = entered(Bound(method, link.value), (), {}, budget)
            run_scope(scope, budget)
            if scope is not None:
                inner = replace(link, path=link.path[1:] if link.path[:1] == ("*",) else link.path)
                for one in of_returns(inner, scope, budget):
                    yield replace(one, same=False, note="item") if one is not None else None


def _operands(link: Link, node: ast.Call, budget: Budget) -> Iterator[Link | None]:
    """Yield the operands of a library's call that carry data: the receiver, then arrays and unknown things."""
    parts: list[ast.expr] = []
    method = isinstance(node.func, ast.Attribute)
    if isinstance(node.func, ast.Attribute) and _is_receiver(node.func.value, link.scope, budget):
        parts.append(node.func.value)
    parts += [arg.value if isinstance(arg, ast.Starred) else arg for arg in node.args]
    parts += [keyword.value for keyword in node.keywords]
    for part in parts:
        value = evaluate(part, link.scope, budget)
        if isinstance(part, ast.Lambda | ast.Name | ast.Attribute) and method and users_function(value) is not None:
            yield from _of_passed_function(link, value, budget)
        elif carries(part, value):
            path = _path_through(node, link.path, part)
            yield next_link(link, part, budget, path, 0, bool(path) and path == link.path)


def options(link: Link, budget: Budget | None = None) -> list[Link]:
    """Return the arguments of a call that carry no data but may decide about it: sizes, flags, shapes, no literals."""
    budget = budget if budget is not None else Budget()
    node = link.node
    if not isinstance(node, ast.Call):
        return []
    parts = [arg.value if isinstance(arg, ast.Starred) else arg for arg in node.args]
    parts += [keyword.value for keyword in node.keywords]
    known = {part: evaluate(part, link.scope, budget) for part in parts if not isinstance(part, ast.Constant)}
    found = [next_link(link, part, budget) for part, value in known.items() if not carries(part, value)]
    return [one for one in found if one is not None]


def _path_through(node: ast.Call, path: tuple[Any, ...], part: ast.expr) -> tuple[Any, ...]:
    """Keep the path through calls that pass containers on: datasets made of tuples, `next(iter(...))`, `list(...)`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("from_tensor_slices", "from_tensors") and path[:1] == ("*",):
        return path[1:]
    if name == "next":
        return ("*", *path)
    if name in (
        "iter",
        "list",
        "tuple",
        "take",
        "shuffle",
        "repeat",
        "prefetch",
        "cache",
        "batch",
        "sorted",
        "reversed",
        "skip",
    ):
        return path if not (isinstance(node.func, ast.Attribute) and part is not node.func.value) else ()
    return ()


def _of_passed_function(link: Link, value: Any, budget: Budget) -> Iterator[Link | None]:
    """Yield what a function given to a library (`map(parse)`, `from_generator(rows)`) returns."""
    function = users_function(value)
    try:
        scope = entered(function, (), {}, budget)
    except (OutOfBudget, *FAILURES):
        scope = None
    run_scope(scope, budget)
    if scope is not None:
        path = link.path[1:] if link.path[:1] == ("*",) else link.path
        for node, _ in [(scope.owner.body, False)] if isinstance(scope.owner, ast.Lambda) else returned(scope.owner):
            yield make_link(node, scope, budget, path=path, lift=link.lift, note="returned")


def _is_receiver(node: ast.expr, scope: Scope, budget: Budget) -> bool:
    value = evaluate(node, scope, budget)
    if isinstance(value, ModuleType | type | str) or type(value).__module__.startswith("numpy.random"):
        return False
    if isinstance(value, Ghost) and value.kind == "generator":
        return False
    if value is UNKNOWN:
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Name):
            return not any(binding.kind == "import" for binding in scope.home(node.id, node)[1])
    return not _is_model_part(value)


def _is_model_part(value: Any) -> bool:
    return hasattr(type(value), "get_config") and hasattr(type(value), "build")


def carries(node: ast.expr, value: Any) -> bool:
    """Tell whether an argument carries data (and is not an option, a size, a name, a function)."""
    if isinstance(node, ast.Constant | ast.Lambda | ast.JoinedStr):
        return False
    if value is None or isinstance(
        value, str | int | float | bool | type | ModuleType | FunctionType | Closure | Bound
    ):
        return False
    if isinstance(value, tuple) and all(isinstance(item, int | str | type(None)) for item in value):
        return False
    if (isinstance(value, Ghost) and value.kind in ("generator", "slice")) or type(value).__module__.startswith(
        "numpy.random"
    ):
        return False
    if isinstance(value, list) and value and isinstance(value[0], str):
        return False
    ghost = ghost_of(value)
    if ghost is not None and ghost.shape == ():
        return False
    return not callable(value) or value is UNKNOWN or ghost is not None or _is_data_object(value)


def _is_data_object(value: Any) -> bool:
    return not _is_model_part(value) and any(
        hasattr(type(value), name) for name in ("__getitem__", "__iter__", "__next__")
    )
