"""The names that an expression can see: in a live frame, a module, or a helper function that has returned."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from kerasguard.provenance.bindings import Binding, at_end, binds, reaching
from kerasguard.provenance.frames import UserFrame
from kerasguard.provenance.passing import passed, spread
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.provenance.values import UNKNOWN


@dataclass
class Recording:
    """What an abstract run of a finished helper saw: a value per expression, and what it gave back."""

    values: dict[ast.AST, Any] = field(default_factory=dict)
    returns: list[tuple[ast.stmt, ast.expr | None, Any]] = field(default_factory=list)


@dataclass
class Argument:
    """The expression (or the part of it at ``path``) that a parameter was bound to, where it stands, and its value."""

    node: ast.expr | None
    scope: Scope | None
    value: Any
    path: tuple[Any, ...] = ()


@dataclass(eq=False)
class Scope:
    """The names of one function call, class or module.

    ``live`` scopes hold the exact values at ``point`` (the node where the frame stands; None at the end of a module).
    The others were reconstructed: ``recording`` holds what each expression gave, ``arguments`` what the call passed.
    ``chains`` keeps the ways back that were walked from its expressions.
    """

    source: SourceFile | None
    owner: ast.AST | None
    names: Mapping[str, Any]
    globals: Mapping[str, Any]
    live: bool = True
    point: ast.AST | None = None
    outer: Scope | None = None
    arguments: dict[str, Argument] = field(default_factory=dict)
    recording: Recording | None = None
    modules: dict[int, Scope] = field(default_factory=dict)
    chains: dict[tuple[ast.AST, tuple[Any, ...]], list[Any]] = field(default_factory=dict)
    entered: dict[ast.AST, Scope | None] = field(default_factory=dict)

    def module(self) -> Scope:
        """Return the scope of this scope's module."""
        if isinstance(self.owner, ast.Module):
            return self
        known = self.modules.get(id(self.globals))
        if known is None:
            known = self.modules[id(self.globals)] = module_scope(self.globals, self.modules)
        return known

    def bindings(self, name: str, use: ast.AST | None) -> list[Binding]:
        """Return the bindings of `name` in this very scope that reach `use` (None: that reach where it stands)."""
        if self.source is None or self.owner is None:
            return []
        if use is not None:
            return reaching(self.source, name, use)
        if self.live and self.point is not None:
            return reaching(self.source, name, self.point)
        return at_end(list(getattr(self.owner, "body", [])), name)[0]

    def home(self, name: str, use: ast.AST | None) -> tuple[Scope, list[Binding]]:
        """Return the scope that binds `name` as seen from `use`, and the bindings of it that can reach."""
        found = self.bindings(name, use)
        if found:
            return self, found
        around = self.outer
        while around is not None:
            if around.owner is not None and binds(around.owner, name):
                return around, around.bindings(name, None)
            around = around.outer
        module = self.module()
        if module is self:
            return self, []
        return module, module.bindings(name, None)

    def current(self, name: str) -> Any:
        """Return the value of a name as it stands now: locals, then scopes around, then globals, then builtins."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        if name in self.globals:
            return self.globals[name]
        return getattr(builtins, name, UNKNOWN)


def module_scope(names: Mapping[str, Any], modules: dict[int, Scope] | None = None) -> Scope:
    """Return the scope of the module with this namespace, as it is now."""
    filename = names.get("__file__")
    source = source_of(filename) if isinstance(filename, str) else None
    tree = source.tree if source is not None else None
    return Scope(source, tree, names, names, modules=modules if modules is not None else {})


def scopes_of(frames: Sequence[UserFrame]) -> tuple[Scope, ...]:
    """Return the scopes of live user frames, outermost first; parameters are tied to the calls that passed them."""
    scopes: list[Scope] = []
    modules: dict[int, Scope] = {}
    for index, frame in enumerate(frames):
        owner = frame.source.definition(frame.code) if frame.source is not None else None
        scope = Scope(frame.source, owner, frame.locals, frame.globals, point=frame.node, modules=modules)
        if isinstance(owner, ast.Module):
            modules[id(frame.globals)] = scope
        scope.outer = _around(scope, scopes)
        if index and (frame.direct or _traces(frames[index - 1], scopes[index - 1], frame)):
            _tie(scope, frames[index - 1].node, scopes[index - 1])
        scopes.append(scope)
    return tuple(scopes)


def _traces(frame: UserFrame, scope: Scope, inner: UserFrame) -> bool:
    """Tell whether the call that a frame stands at is one of the `tf.function` that runs the inner frame."""
    call = frame.node
    if not isinstance(call, ast.Call):
        return False
    if isinstance(call.func, ast.Name):
        name, called = call.func.id, scope.current(call.func.id)
    elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        name = call.func.attr
        called = getattr(scope.current(call.func.value.id), name, None)
    else:
        return False
    return name == inner.code.co_name and hasattr(called, "python_function")


def _around(scope: Scope, earlier: Sequence[Scope]) -> Scope | None:
    """Return the live scope of the function that `scope`'s function is nested in, if that is still running."""
    if scope.source is None or scope.owner is None or isinstance(scope.owner, ast.Module):
        return None
    around = scope.source.function(scope.owner)
    return next((other for other in reversed(earlier) if around is not None and other.owner is around), None)


def _tie(scope: Scope, call: ast.AST | None, caller: Scope) -> None:
    if isinstance(call, ast.Call) and isinstance(scope.owner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        method = _is_method(scope)
        for name, node in passed(scope.owner, call, skip_self=method).items():
            scope.arguments[name] = Argument(node, caller, scope.names.get(name, UNKNOWN))
        for name, (node, path) in spread(scope.owner, call, skip_self=method).items():
            scope.arguments[name] = Argument(node, caller, scope.names.get(name, UNKNOWN), path)
        receiver = _receiver(scope.owner, call) if method else None
        if receiver is not None:
            own = scope.owner.args.args[0].arg
            scope.arguments[own] = Argument(receiver, caller, scope.names.get(own, UNKNOWN))


def _receiver(method: ast.AST, call: ast.Call) -> ast.expr | None:
    """Return the object that a method was called on, as it is written."""
    if not isinstance(method, ast.FunctionDef) or not method.args.args or method.decorator_list:
        return None
    if not isinstance(call.func, ast.Attribute) or call.func.attr != method.name:
        return None
    on_super = isinstance(call.func.value, ast.Call) and getattr(call.func.value.func, "id", "") == "super"
    return None if on_super else call.func.value


def _is_method(scope: Scope) -> bool:
    """Tell whether the call did not write the first parameter: a bound method, or a class that was called."""
    if scope.source is None or scope.owner is None:
        return False
    return isinstance(scope.source.parent(scope.owner), ast.ClassDef)


def defining_scope(function: FunctionType) -> Scope:
    """Return the scope around a live function: its module, or the cells it closed over."""
    module = module_scope(function.__globals__)
    if not function.__closure__:
        return module
    names = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=False):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # an empty cell
            names[name] = UNKNOWN
    source = source_of(function.__code__.co_filename)
    node = source.definition(function.__code__) if source is not None else None
    around = source.function(node) if source is not None and node is not None else None
    return Scope(source, around, names, function.__globals__, outer=None, modules={id(function.__globals__): module})


def module_of(name: str) -> Any:
    """Return an imported module by name, None when it is not loaded."""
    return sys.modules.get(name)
