"""What a call would give: builtins for real, users' functions interpreted, libraries by their rules."""

from __future__ import annotations

import ast
import builtins
import functools
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from kerasguard.provenance.abstract import (
    FAILURES,
    MAX_LIST,
    SIMPLE,
    SOME_SLICE,
    Bound,
    Budget,
    Closure,
    Instance,
    Method,
    known_items,
)
from kerasguard.provenance.attributes import attribute, is_user_class
from kerasguard.provenance.datasets import MAKERS, dataset_maker, dataset_method, declared
from kerasguard.provenance.evaluate import value_of
from kerasguard.provenance.library import call_library, call_method
from kerasguard.provenance.makers import random_array
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.user_files import is_user_file
from kerasguard.provenance.values import UNKNOWN, Ghost, ghost_of, is_array, is_dataset, is_tensor

PURE = frozenset(
    [
        "len",
        "range",
        "int",
        "float",
        "str",
        "bool",
        "tuple",
        "list",
        "dict",
        "set",
        "zip",
        "enumerate",
        "min",
        "max",
        "sum",
        "sorted",
        "reversed",
        "abs",
        "round",
        "divmod",
        "pow",
        "isinstance",
        "all",
        "any",
        "slice",
        "map",
        "filter",
        "type",
        "complex",
        "frozenset",
        "ord",
        "chr",
    ]
)
MUTATING = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "popitem",
        "add",
        "discard",
    ]
)
BUILTINS = {name: getattr(builtins, name) for name in PURE}
CONTAINERS = (list, dict, set, tuple, str)


def evaluated_call(node: ast.Call, scope: Scope, budget: Budget) -> Any:
    """Return the value of a call expression."""
    function: Any = UNKNOWN
    if isinstance(node.func, ast.Attribute):
        if (
            isinstance(node.func.value, ast.Call)
            and isinstance(node.func.value.func, ast.Name)
            and node.func.value.func.id == "super"
        ):
            return UNKNOWN
        receiver = value_of(node.func.value, scope, budget)
        if (
            isinstance(receiver, (Ghost, *CONTAINERS))
            or is_array(receiver)
            or is_tensor(receiver)
            or is_dataset(receiver)
        ):
            function = Method(receiver, node.func.attr)
    if function is UNKNOWN:
        function = value_of(node.func, scope, budget)
    given = arguments(node, scope, budget)
    if given is None or function is UNKNOWN:
        return UNKNOWN
    return call(function, *given, budget)


def arguments(node: ast.Call, scope: Scope, budget: Budget) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Return the values of a call's arguments, None when a starred one is not known."""
    args: list[Any] = []
    for item in node.args:
        if isinstance(item, ast.Starred):
            more = known_items(value_of(item.value, scope, budget))
            if more is None:
                return None
            args += more
        else:
            args.append(value_of(item, scope, budget))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = value_of(keyword.value, scope, budget)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            kwargs.update(value)
        else:
            return None
    return tuple(args), kwargs


def call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> Any:  # noqa: C901, PLR0912  # one branch per kind of callable
    """Return what calling `function` would give, UNKNOWN where nobody can tell without running it."""
    from kerasguard.provenance.interpret import construct, run

    budget.spend()
    if isinstance(function, Method):
        return _method(function, args, kwargs, budget)
    if isinstance(function, Closure | Bound):
        return run(function, args, kwargs, budget)
    if isinstance(function, functools.partial):
        return call(function.func, (*function.args, *args), {**function.keywords, **kwargs}, budget)
    if (
        isinstance(function, MethodType)
        and isinstance(function.__func__, FunctionType)
        and _is_users(function.__func__)
    ):
        return run(Bound(function.__func__, function.__self__), args, kwargs, budget)
    if isinstance(function, FunctionType) and _is_users(function):
        return run(function, args, kwargs, budget)
    if isinstance(function, type) and is_user_class(function):
        return construct(function, args, kwargs, budget)
    name = getattr(function, "__name__", "")
    if function is getattr and len(args) > 1 and isinstance(args[1], str):
        return attribute(args[0], args[1], budget)
    if BUILTINS.get(name) is function:
        return _builtin(name, function, args, kwargs)
    module = getattr(function, "__module__", "") or ""
    if module.startswith("tensorflow.python.data") and name.removesuffix("V2") in MAKERS:
        return dataset_maker(name.removesuffix("V2"), args, kwargs)
    if name == "TensorSpec" and module.startswith("tensorflow."):
        return declared(args, kwargs)
    called = users_call(function)
    if called is not None:
        return run(called, args, kwargs, budget)
    if budget.infer is not None and is_keras_object(function):
        return budget.infer(function, args, kwargs)
    if not isinstance(function, type | FunctionType | BuiltinFunctionType | MethodType) and not hasattr(
        function, "__name__"
    ):
        return UNKNOWN
    return call_library(function, args, kwargs, budget.infer)


def _is_users(function: FunctionType) -> bool:
    return is_user_file(function.__code__.co_filename)


def is_keras_object(thing: Any) -> bool:
    """Tell whether a live object is a layer or model, or something else that Keras made."""
    return type(thing).__module__.partition(".")[0] in ("keras", "tf_keras") and not isinstance(thing, type)


def users_call(thing: Any) -> Bound | None:
    """Return the user's ``__call__`` (or a layer's ``call``) of a live or abstract object."""
    cls = thing.cls if isinstance(thing, Instance) else type(thing)
    for base in cls.__mro__:
        for name in ("__call__", "call"):
            found = base.__dict__.get(name)
            if isinstance(found, FunctionType) and _is_users(found):
                return Bound(found, thing)
        if base.__module__.partition(".")[0] in ("keras", "tf_keras", "builtins"):
            return None
    return None


def _builtin(name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name == "len":
        return _length(args[0])
    if name == "isinstance":
        return UNKNOWN if args[0] is UNKNOWN or isinstance(args[0], Ghost | Instance) else isinstance(*args)
    if name in (
        "zip",
        "enumerate",
        "list",
        "tuple",
        "sorted",
        "reversed",
        "map",
        "filter",
        "set",
        "sum",
        "min",
        "max",
        "any",
        "all",
    ):
        return _over_items(name, function, args, kwargs)
    if name == "dict":
        pairs = known_items(args[0]) if args and not isinstance(args[0], dict) else None
        return dict(pairs if pairs is not None else (args[0] if args else ()), **kwargs)
    if name == "range" and all(isinstance(a, int) for a in args):
        return range(*args)
    if name == "slice":
        known = all(isinstance(a, int | None) for a in args)
        return slice(*args) if known else SOME_SLICE
    if not all(isinstance(a, SIMPLE) or (is_array(a) and a.size == 1) for a in (*args, *kwargs.values())):
        if name in ("int", "float") and args and (ghost_of(args[0]) is not None):
            return Ghost((), "int64" if name == "int" else "float64", "list")
        return UNKNOWN
    return function(*args, **kwargs)


def _length(value: Any) -> Any:
    if isinstance(value, str | list | tuple | dict | set | range):
        return len(value)
    ghost = ghost_of(value)
    return ghost.shape[0] if ghost is not None and ghost.shape and ghost.shape[0] is not None else UNKNOWN


def _over_items(name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name in ("map", "filter"):
        return UNKNOWN
    if name in ("list", "tuple") and args and isinstance(args[0], Ghost) and args[0].kind == "dataset":
        one = args[0].spec
        known = isinstance(one, Ghost) and one.shape is not None
        return Ghost((None, *one.shape), one.dtype, "list") if known else UNKNOWN
    single = name in ("min", "max") and len(args) > 1
    lists = (
        [list(args)]
        if single
        else [known_items(a) if not isinstance(a, int) or name != "enumerate" else a for a in args]
    )
    if any(items is None for items in lists):
        return Ghost(g.shape, g.dtype, "list") if name in ("list", "tuple") and (g := ghost_of(args[0])) else UNKNOWN
    if name == "zip":
        return list(zip(*lists, strict=False))
    if name == "enumerate":
        return list(enumerate(*lists, **kwargs))
    if name in ("list", "tuple"):
        return function(lists[0]) if lists else function()
    items: list[Any] = lists[0]  # type: ignore[assignment]
    if name == "reversed":
        return items[::-1]
    if not all(isinstance(item, SIMPLE) for item in items) or kwargs:
        return items if name == "sorted" and _alike(items) else UNKNOWN
    return function(*items) if single else function(items)


def _alike(items: list[Any]) -> bool:
    return ghost_of(items) is not None


def _method(method: Method, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> Any:
    receiver, name = method.receiver, method.name
    if isinstance(receiver, CONTAINERS) and type(receiver) in CONTAINERS:
        return _container_method(receiver, name, args, kwargs, budget)
    if is_array(receiver) or is_tensor(receiver):
        return call_method(receiver, name, args, kwargs)
    ghost = ghost_of(receiver)
    if ghost is None:
        return UNKNOWN
    if ghost.kind == "dataset":
        return dataset_method(ghost, name, args, kwargs, lambda f, spec: _mapped(f, spec, budget))
    if ghost.kind == "generator":
        return random_array(name, args, kwargs)
    return call_method(receiver, name, args, kwargs)


def _mapped(function: Any, spec: Any, budget: Budget) -> Any:
    return call(function, spec if isinstance(spec, tuple) else (spec,), {}, budget)


def _container_method(receiver: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> Any:
    """Call a method of a builtin container or string; changes only what the interpretation made itself."""
    if name in MUTATING:
        if not budget.owns(receiver) or len(receiver) >= MAX_LIST:
            return UNKNOWN
        if name == "extend":
            items = known_items(args[0])
            if items is None:
                return UNKNOWN
            args = (items,)
        return getattr(receiver, name)(*args, **kwargs)
    if isinstance(receiver, dict) and name in ("items", "keys", "values"):
        return list(getattr(receiver, name)())
    if isinstance(receiver, str) and any(not isinstance(a, SIMPLE) for a in args):
        return UNKNOWN
    if any(a is UNKNOWN for a in args):
        return UNKNOWN
    try:
        result = getattr(receiver, name)(*args, **kwargs)
    except FAILURES:
        return UNKNOWN
    return budget.own(result) if isinstance(result, list | dict) else result
