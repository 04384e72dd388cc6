"""From a call back to what it was made of: the returns of a user's function, the data operands of a library's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from io import IOBase
from os import PathLike
from types import FunctionType, ModuleType
from typing import Any

from kerasguard.provenance.abstract import Bound, Budget, Closure, Instance
from kerasguard.provenance.attributes import is_user_class
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link, next_link
from kerasguard.provenance.reentry import called_scope, function_scope, of_returns, run_scope, users_function
from kerasguard.provenance.scope import Argument, Scope
from kerasguard.provenance.stages import of_recorded, of_stage
from kerasguard.provenance.values import (
    UNKNOWN,
    Ghost,
    ghost_of,
    is_dataset,
)

ITEM = "item"
READERS = frozenset(
    [
        "open", "read", "load", "loads", "loadtxt", "genfromtxt", "imread", "fetch", "get_file", "urlopen", "glob",
        "listdir", "load_img", "load_data", "read_file", "frombuffer", "loadmat", "load_wav", "getline",
    ]
)  # fmt: skip
READING = ("read_", "decode_", "parse_", "fetch_", "open_")


def of_call(link: Link, node: ast.Call, budget: Budget) -> list[Link | None]:
    """Return the links of what a call was made of."""
    called = evaluate(node.func, link.scope, budget)
    function = users_function(called)
    if isinstance(called, type) and is_user_class(called):
        return list(of_items(link, called, budget)) or list(_operands(link, node, budget))
    if function is not None:
        scope = called_scope(node, link.scope, function, budget)
        if scope is not None and scope.owner is not None:
            return list(of_returns(link, scope, budget))
    found = of_stage(link, node, budget)
    if found is None and link.path[:1] == ("*",) and is_dataset(link.whole):
        recorded = of_recorded(link, budget)
        found = [recorded] if recorded is not None else None
    return found if found is not None else list(_operands(link, node, budget))


def of_items(link: Link, cls: type, budget: Budget) -> Iterator[Link | None]:
    """Yield what an object of a user's class hands out, item by item."""
    for name in ("__getitem__", "__next__", "__iter__"):
        methods = (vars(base).get(name) for base in cls.__mro__ if is_user_class(base))
        method = next((found for found in methods if isinstance(found, FunctionType)), None)
        if method is None:
            continue
        scope = function_scope(Bound(method, link.whole), (), {}, budget)
        if scope is None:
            continue
        own = next(iter(scope.arguments), None)
        if own is not None:
            scope.arguments[own] = Argument(link.node, link.scope, link.whole)
        run_scope(scope, budget)
        drop = link.path[:1] == ("*",) and name != "__iter__"
        for one in of_returns(replace(link, path=link.path[1:] if drop else link.path), scope, budget):
            yield replace(one, same=False, note=ITEM) if one is not None else None
        return


def _operands(link: Link, node: ast.Call, budget: Budget) -> Iterator[Link | None]:
    """Yield the operands of a library's call that carry data: the receiver, then arrays and unknown things."""
    parts: list[ast.expr] = []
    method = isinstance(node.func, ast.Attribute)
    if isinstance(node.func, ast.Attribute) and _is_receiver(node.func.value, link.scope, budget):
        parts.append(node.func.value)
    given = [arg.value if isinstance(arg, ast.Starred) else arg for arg in node.args]
    given += [keyword.value for keyword in node.keywords]
    if _name(node) == "train_test_split" and link.path and isinstance(link.path[0], int):
        yield from _of_split(link, node, budget)
        return
    reads = _name(node) in READERS or _name(node).startswith(READING)
    for part in parts + given:
        value = evaluate(part, link.scope, budget)
        if isinstance(part, ast.Lambda | ast.Name | ast.Attribute) and method and users_function(value) is not None:
            yield from _of_passed_function(link, value, budget)
        elif carries(part, value) and not (reads and value is UNKNOWN):
            if link.path[:1] == ("*",) and _is_dataset(value):
                yield next_link(link, part, budget, link.path, same=True)
            else:
                yield next_link(link, part, budget, (), -link.axes)


def _of_split(link: Link, node: ast.Call, budget: Budget) -> Iterator[Link | None]:
    """Yield the array that a part of a split was taken from: two parts come from each."""
    index = link.path[0] // 2
    if 0 <= index < len(node.args) and not any(isinstance(arg, ast.Starred) for arg in node.args):
        yield next_link(link, node.args[index], budget, link.path[1:])


def _name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_dataset(value: Any) -> bool:
    ghost = ghost_of(value) if value is not UNKNOWN else None
    return ghost is not None and ghost.kind == "dataset"


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


def _of_passed_function(link: Link, value: Any, budget: Budget) -> Iterator[Link | None]:
    """Yield what a function given to a library (`map(parse)`, `from_generator(rows)`) returns."""
    scope = function_scope(users_function(value), (), {}, budget)
    run_scope(scope, budget)
    if scope is not None:
        path = link.path[1:] if link.path[:1] == ("*",) else link.path
        yield from of_returns(replace(link, path=path), scope, budget)


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
        value, str | bytes | int | float | bool | type | ModuleType | FunctionType | Closure | Bound | PathLike | IOBase
    ):
        return False
    if isinstance(value, tuple) and all(isinstance(item, int | str | type(None)) for item in value):
        return False
    if (isinstance(value, Ghost) and value.kind in ("generator", "slice")) or type(value).__module__.startswith(
        "numpy.random"
    ):
        return False
    if isinstance(value, list) and value and isinstance(value[0], str | bytes | PathLike):
        return False
    ghost = ghost_of(value)
    if ghost is not None and ghost.shape == ():
        return False
    return value is UNKNOWN or ghost is not None or _is_data_object(value)


def _is_data_object(value: Any) -> bool:
    if isinstance(value, Instance) or is_user_class(type(value)):
        return not callable(value)
    return not _is_model_part(value) and any(
        hasattr(type(value), name) for name in ("__getitem__", "__iter__", "__next__")
    )
