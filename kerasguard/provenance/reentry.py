"""Enter a finished call of a user's function again, abstractly, to see what its expressions held."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any

from kerasguard.provenance.abstract import (
    FAILURES,
    Bound,
    Budget,
    Closure,
    Instance,
    OutOfBudget,
)
from kerasguard.provenance.attributes import is_user_class
from kerasguard.provenance.interpret import entered, interpret
from kerasguard.provenance.links import Link, make_link
from kerasguard.provenance.passing import passed, spread
from kerasguard.provenance.scope import Argument, Recording, Scope
from kerasguard.provenance.user_files import is_user_file
from kerasguard.provenance.values import (
    UNKNOWN,
)


def called_scope(node: ast.Call, scope: Scope, function: Any, budget: Budget) -> Scope | None:
    """Return the scope of a finished call of a user's function, its body interpreted; one per call and scope.

    A class is entered by its constructor.
    """
    if node in scope.entered:
        return scope.entered[node]
    from kerasguard.provenance.calls import arguments

    function = _initializer(function)
    given: tuple[tuple[Any, ...], dict[str, Any]] | None = None
    try:
        with budget.share():
            given = arguments(node, scope, budget)
    except (OutOfBudget, *FAILURES):  # the shape of the walk is still worth having
        given = None
    made = function_scope(function, *(given or ((), {})), budget)
    scope.entered[node] = made
    if made is None or not isinstance(made.owner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return made
    bound = isinstance(function, Bound) or (isinstance(function, Closure) and function.bound is not UNKNOWN)
    for name, argument in passed(made.owner, node, skip_self=bound).items():
        made.arguments[name] = Argument(argument, scope, made.names.get(name, UNKNOWN))
    for name, (argument, path) in spread(made.owner, node, skip_self=bound).items():
        made.arguments[name] = Argument(argument, scope, made.names.get(name, UNKNOWN), path)
    if bound and isinstance(node.func, ast.Attribute) and made.owner.args.args:
        first = made.owner.args.args[0].arg
        made.arguments[first] = Argument(node.func.value, scope, made.names.get(first, UNKNOWN))
    run_scope(made, budget)
    return made


def _initializer(function: Any) -> Any:
    """Return the constructor, with an abstract object, for a class of the user's; anything else as it is."""
    if not isinstance(function, type) or not is_user_class(function):
        return function
    for base in function.__mro__:
        init = vars(base).get("__init__")
        if init is not None:
            return Bound(init, Instance(function, {})) if isinstance(init, FunctionType) else function
    return function


def function_scope(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> Scope | None:
    """Return the scope of a call of a user's function before its first statement, None where it has no source."""
    try:
        with budget.share():
            return entered(function, args, kwargs, budget)
    except (OutOfBudget, *FAILURES):
        return None


def run_scope(scope: Scope | None, budget: Budget) -> None:
    """Interpret an entered scope so that its recording is filled; running out of budget leaves what was seen."""
    if scope is None:
        return
    scope.recording = scope.recording or Recording()
    from contextlib import suppress

    with suppress(OutOfBudget, *FAILURES), budget.share():
        interpret(scope, budget)


def users_function(value: Any) -> Any:
    """Return what can be interpreted of a callable: a user's function, method, closure, or ``call`` of an object."""
    if isinstance(value, Closure | Bound):
        return value
    if isinstance(value, functools.partial):
        return value if users_function(value.func) is not None else None
    inner = getattr(value, "python_function", None) or getattr(value, "__wrapped__", None)
    if isinstance(inner, FunctionType | MethodType):  # under tf.function, or a decorator that says so
        value = inner
    if isinstance(value, MethodType) and isinstance(value.__func__, FunctionType):
        return Bound(value.__func__, value.__self__) if is_user_file(value.__func__.__code__.co_filename) else None
    if isinstance(value, FunctionType):
        return value if is_user_file(value.__code__.co_filename) else None
    if value is UNKNOWN or isinstance(value, type):
        return None
    from kerasguard.provenance.calls import users_call

    return users_call(value)


def of_returns(link: Link, scope: Scope, budget: Budget) -> Iterator[Link | None]:
    """Yield the links of what a finished call returned or yielded."""
    owner = scope.owner
    if isinstance(owner, ast.Lambda):
        yield make_link(owner.body, scope, budget, path=link.path, lift=link.lift, note="returned")
        return
    recorded = scope.recording.returns if scope.recording is not None else []
    given = [(node, False) for _, node, _ in recorded if node is not None] or list(returned(owner))
    yields = any(isinstance(node, ast.Yield) for node in ast.walk(owner)) if owner is not None else False
    seen: list[ast.expr] = []
    for node, _ in given:
        if node not in seen:
            seen.append(node)
            path = link.path[1:] if yields and link.path[:1] == ("*",) else link.path
            yield make_link(node, scope, budget, path=path, lift=link.lift, note="returned")


def returned(owner: ast.AST | None) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the expressions that a function returns or yields, without those of functions nested in it."""
    if isinstance(owner, ast.Lambda):
        yield owner.body, False
        return
    stack: list[ast.AST] = list(getattr(owner, "body", []))
    while stack:
        node = stack.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            yield node.value, isinstance(node, ast.Yield)
        stack = [*ast.iter_child_nodes(node), *stack]
