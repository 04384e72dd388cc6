"""Run a finished helper function of the user's again, on abstract values only, statement by statement."""

from __future__ import annotations

import ast
import contextlib
import functools
from types import FunctionType, MethodType
from typing import Any

from kerasguard.provenance.abstract import (
    FAILURES,
    MAX_LIST,
    Bound,
    Budget,
    Closure,
    Instance,
    OutOfBudget,
    known_items,
    truth_of,
)
from kerasguard.provenance.bindings import default_of, parameters
from kerasguard.provenance.evaluate import OPERATORS, binary, value_of
from kerasguard.provenance.scope import Argument, Recording, Scope, defining_scope
from kerasguard.provenance.source import source_of
from kerasguard.provenance.values import UNKNOWN, Ghost, element, merge

RETURN, BREAK, CONTINUE, RAISE = "return", "break", "continue", "raise"


def run(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> Any:
    """Return what a user's function would give back for these abstract arguments."""
    scope = entered(function, args, kwargs, budget)
    if scope is None or scope.recording is None:
        return UNKNOWN
    if budget.depth <= 0:
        return UNKNOWN
    try:
        with budget.half():
            return interpret(scope, budget)
    except OutOfBudget:
        return UNKNOWN


def interpret(scope: Scope, budget: Budget) -> Any:
    """Run the body of an entered scope; its recording then holds what was seen."""
    recording = scope.recording
    owner = scope.owner
    if recording is None or owner is None:
        return UNKNOWN
    budget.depth -= 1
    try:
        if isinstance(owner, ast.Lambda):
            return Run(scope, budget).value(owner.body)
        flow = Run(scope, budget).block(getattr(owner, "body", []))
    finally:
        budget.depth += 1
    values = [value for _, _, value in recording.returns]
    if not values:
        return UNKNOWN if flow == RAISE else None
    result = values[0]
    for value in values[1:]:
        result = merge(result, value)
    if is_generator(owner):
        return Ghost(None, None, "dataset", result)  # something that hands out elements
    return result if flow in (RETURN, RAISE) else merge(result, None)


def is_generator(owner: ast.AST) -> bool:
    """Tell whether a function yields."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(owner))


def entered(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> Scope | None:
    """Return the scope of a call of a user's function before its first statement, None without source."""
    function, args, kwargs = _plain(function, args, kwargs)
    if isinstance(function, Closure):
        node, source, outer = function.node, function.source, function.scope
        if function.bound is not UNKNOWN:
            args = (function.bound, *args)
        namespace = outer.globals
    elif isinstance(function, FunctionType):
        file = source_of(function.__code__.co_filename)
        found = file.definition(function.__code__) if file is not None else None
        if file is None or not isinstance(found, ast.FunctionDef | ast.Lambda | ast.AsyncFunctionDef):
            return None
        node, source, outer, namespace = found, file, defining_scope(function), function.__globals__
    else:
        return None
    names = _bound(node, args, kwargs)
    if isinstance(function, FunctionType):
        _live_defaults(function, names)
    for parameter in parameters(node):
        if parameter.arg not in names:
            default = default_of(node, parameter.arg)
            names[parameter.arg] = value_of(default, outer, budget) if default is not None else UNKNOWN
    scope = Scope(source, node, names, namespace, live=False, outer=outer, recording=Recording())
    scope.modules = outer.modules
    scope.arguments = {name: Argument(None, None, value) for name, value in names.items()}
    return scope


def _plain(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return the function under partial applications and bound methods, with what these add to the arguments."""
    while isinstance(function, functools.partial | MethodType | Bound):
        if isinstance(function, functools.partial):
            args, kwargs = (*function.args, *args), {**function.keywords, **kwargs}
            function = function.func
        elif isinstance(function, MethodType):
            function, args = function.__func__, (function.__self__, *args)
        else:
            function, args = function.function, (function.bound, *args)
    return function, args, kwargs


def _bound(node: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    a = node.args
    positional = [arg.arg for arg in (*a.posonlyargs, *a.args)]
    names: dict[str, Any] = dict(zip(positional, args, strict=False))
    known = {arg.arg for arg in parameters(node)}
    names.update({key: value for key, value in kwargs.items() if key in known})
    if a.vararg is not None:
        names[a.vararg.arg] = tuple(args[len(positional) :])
    if a.kwarg is not None:
        names[a.kwarg.arg] = {key: value for key, value in kwargs.items() if key not in known}
    return names


def _live_defaults(function: FunctionType, names: dict[str, Any]) -> None:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    for name, value in zip(reversed(positional), reversed(defaults), strict=False):
        names.setdefault(name, value)
    for name, value in (function.__kwdefaults__ or {}).items():
        names.setdefault(name, value)


def construct(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], budget: Budget) -> Any:
    """Return an abstract object of a user's class, its fields set by interpreting ``__init__``."""
    instance = Instance(cls, {})
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if isinstance(init, FunctionType):
            run(Bound(init, instance), args, kwargs, budget)
            return instance
        if init is not None:
            break
    return instance


class Run:
    """One abstract run of a block of statements in a scope that is not live."""

    def __init__(self, scope: Scope, budget: Budget) -> None:
        self.scope = scope
        self.budget = budget
        self.names: dict[str, Any] = scope.names  # type: ignore[assignment]  # entered() made a dict

    def value(self, node: ast.expr) -> Any:
        """Return the value of an expression, and keep it."""
        recorded, around = self.scope.recording, self.budget.recording
        self.budget.recording = recorded
        self.scope.recording = None  # names must be read as they are now, not as they were in an earlier turn
        try:
            value = value_of(node, self.scope, self.budget)
        except FAILURES:
            value = UNKNOWN
        finally:
            self.scope.recording, self.budget.recording = recorded, around
        self._keep(node, value)
        return value

    def _keep(self, node: ast.expr, value: Any) -> None:
        if self.scope.recording is None:
            return
        self.scope.recording.values[node] = value
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in self.names:
                self.scope.recording.values[part] = self.names[part.id]

    def block(self, statements: list[ast.stmt]) -> str | None:
        """Run statements; return how the block was left, None when it came to its end."""
        for statement in statements:
            self.budget.spend()
            flow = self.statement(statement)
            if flow is not None:
                return flow
        return None

    def statement(self, node: ast.stmt) -> str | None:  # noqa: C901, PLR0912  # one branch per kind of statement
        """Run one statement."""
        if isinstance(node, ast.Return):
            self._give(node, node.value)
            return RETURN
        if isinstance(node, ast.Expr):
            if isinstance(node.value, ast.Yield):
                self._give(node, node.value.value)
            else:
                self.value(node.value)
        elif isinstance(node, ast.Assign):
            value = self.value(node.value)
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.assign(node.target, self.value(node.value))
        elif isinstance(node, ast.AugAssign):
            self._augment(node)
        elif isinstance(node, ast.If):
            return self._if(node)
        elif isinstance(node, ast.For | ast.AsyncFor):
            return self._for(node)
        elif isinstance(node, ast.While):
            return self._while(node)
        elif isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                value = self.value(item.context_expr)
                if item.optional_vars is not None:
                    self.assign(item.optional_vars, value)
            return self.block(node.body)
        elif isinstance(node, ast.Try | ast.TryStar):
            flow = self.block([*node.body, *node.orelse])
            return self.block(node.finalbody) or flow
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if self.scope.source is not None:
                self.names[node.name] = Closure(node, self.scope.source, self.scope)
        elif isinstance(node, ast.Raise):
            return RAISE
        elif isinstance(node, ast.Break):
            return BREAK
        elif isinstance(node, ast.Continue):
            return CONTINUE
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        elif isinstance(node, ast.ClassDef):
            self.names[node.name] = UNKNOWN
        return None

    def _give(self, statement: ast.stmt, node: ast.expr | None) -> None:
        value = self.value(node) if node is not None else None
        if self.scope.recording is not None:
            self.scope.recording.returns.append((statement, node, value))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        import sys

        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            if isinstance(node, ast.ImportFrom):
                module = sys.modules.get(node.module or "")
                self.names[name] = getattr(module, "__dict__", {}).get(alias.name, UNKNOWN)
            else:
                self.names[name] = sys.modules.get(alias.name if alias.asname else name, UNKNOWN)

    def assign(self, target: ast.AST, value: Any) -> None:
        """Bind a target; only names, and lists, dicts and objects that the interpretation made, change."""
        if self.scope.recording is not None:
            self.scope.recording.values[target] = value
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            count = len(target.elts)
            for index, item in enumerate(target.elts):
                if isinstance(item, ast.Starred):
                    items = known_items(value) or []
                    self.assign(item.value, list(items[index : len(items) - (count - index - 1)]))
                else:
                    starred = any(isinstance(i, ast.Starred) for i in target.elts[:index])
                    self.assign(item, element(value, index - count if starred else index))
        elif isinstance(target, ast.Attribute):
            base = self.value(target.value)
            if isinstance(base, Instance):
                base.fields[target.attr] = value
        elif isinstance(target, ast.Subscript):
            base, index = self.value(target.value), self.value(target.slice)
            if self.budget.owns(base) and isinstance(index, str | int):
                with contextlib.suppress(IndexError):
                    base[index] = value

    def _augment(self, node: ast.AugAssign) -> None:
        value = self.value(node.value)
        if not isinstance(node.target, ast.Name):
            return
        before = self.names.get(node.target.id, UNKNOWN)
        try:
            result = binary(OPERATORS[type(node.op)], before, value, self.budget)
        except FAILURES:
            result = UNKNOWN
        self.assign(node.target, result)

    def _if(self, node: ast.If) -> str | None:
        truth = truth_of(self.value(node.test))
        if truth is not None:
            return self.block(node.body if truth else node.orelse)
        before = dict(self.names)
        first = self.block(node.body)
        after_first = dict(self.names)
        self.names.clear()
        self.names.update(before)
        second = self.block(node.orelse)
        if first is None and second is None:
            self._meet(after_first)
            return None
        if first is None:
            self.names.clear()
            self.names.update(after_first)
            return None
        return second if second is None or first in (RAISE, second) else (first if second == RAISE else None)

    def _meet(self, other: dict[str, Any]) -> None:
        for name in {*self.names, *other}:
            one, two = self.names.get(name, UNKNOWN), other.get(name, UNKNOWN)
            if name in self.names and name in other:
                self.names[name] = merge(one, two)
            else:
                self.names[name] = one if name in self.names else two

    def _for(self, node: ast.For | ast.AsyncFor) -> str | None:
        iterable = self.value(node.iter)
        items = known_items(iterable)
        if items is None:
            items = [element(iterable, "*")]
        count = len(items)
        if count > self.budget.turns():
            items = [items[0], items[1]]
        lengths: dict[int, int] = {}
        for turn, item in enumerate(items):
            if turn == len(items) - 1:
                lengths = {key: len(made) for key, made in self.budget.owned.items()}
            self.assign(node.target, item)
            flow = self._turn(node.body)
            if flow in (RETURN, RAISE):
                return flow
            if flow == BREAK:
                return None
        if count > len(items):
            self._stretch(lengths, count - len(items))
        return self.block(node.orelse)

    def _turn(self, body: list[ast.stmt]) -> str | None:
        """Run the body of a loop once."""
        self.budget.loops += 1
        try:
            return self.block(body)
        finally:
            self.budget.loops -= 1

    def _stretch(self, lengths: dict[int, int], turns: int) -> None:
        """Let the lists that grew in the last turn grow as much in the turns that were not run."""
        for key, before in lengths.items():
            made = self.budget.owned[key]
            if isinstance(made, list) and before < len(made) and len(made) + turns * (len(made) - before) <= MAX_LIST:
                made.extend(made[before:] * turns)

    def _while(self, node: ast.While) -> str | None:
        truth = truth_of(self.value(node.test))
        if truth is False:
            return self.block(node.orelse)
        before = dict(self.names)
        flow = self._turn(node.body)
        if flow == RETURN and truth:
            return flow
        for name, value in self.names.items():
            if before.get(name, UNKNOWN) is not value:
                self.names[name] = merge(before[name], value) if name in before else value
        return None
