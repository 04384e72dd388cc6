"""Where a layer is made in the user's source: its constructor call, the scope of that, and its arguments."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from typing import Any, NamedTuple

from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.arguments import resolve_path
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.origins import call_that_made
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.reentry import called_scope
from kerasguard.provenance.scope import Scope, module_scope
from kerasguard.provenance.source import SourceFile, node_at
from kerasguard.provenance.values import UNKNOWN
from kerasguard.provenance.walk import number_home
from kerasguard.vocabulary import Origin, Place

COMPREHENSIONS = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")
WRAPPERS = ("Bidirectional", "TimeDistributed", "Wrapper", "RNN")


class Spread(NamedTuple):
    """The expression in a dict of settings that gives an argument; None where that cannot be told."""

    node: ast.expr | None
    source: SourceFile


@dataclass(frozen=True, eq=False)
class Site:
    """The call that makes a layer.

    Attributes
    ----------
    layer
        The live layer.
    source, call, scope
        The call in the user's source; the scope may be that of a helper that has returned.
    origin
        The whole stack at the time.
    """

    layer: Any
    source: SourceFile
    call: ast.Call
    scope: Scope
    origin: Origin

    @property
    def statement(self) -> ast.stmt | None:
        """The statement that the call stands in."""
        return self.source.statement(self.call)

    @property
    def place(self) -> Place:
        """The statement's place."""
        statement = self.statement
        function = self.origin.stack[0][0].co_name
        if statement is None or isinstance(getattr(statement, "body", None), list) or _long(statement):
            return self.source.place(self.call, function)
        return self.source.place(statement, function)

    @property
    def kind(self) -> str:
        """The name that is called, without what stands before the last dot."""
        func = self.call.func
        return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")

    def argument(self, name: str) -> ast.expr | None:
        """Return the expression written for a constructor argument."""
        found = argument(self.call, type(self.layer) if self._plain else object, name)
        spread = None if found is not None else self.spread(self.call, name)
        return found if spread is None or spread.source is not self.source else spread.node

    def spread(self, call: ast.Call, name: str) -> Spread | None:
        """Return where ``**settings`` of a call give an argument; None where they do not, or there are none."""
        if any(keyword.arg == name for keyword in call.keywords):
            return None
        for keyword in call.keywords:
            if keyword.arg is not None:
                continue
            node, scope, rest = resolve_path(keyword.value, self.scope, (name,))
            if not rest and scope.source is not None:
                return Spread(node, scope.source)
            known = value_of(keyword.value, self.scope)
            if not isinstance(known, dict) or name in known:
                return Spread(None, self.source)
        return None

    def position(self, name: str) -> int | None:
        """Return where the argument stands when it is passed by position."""
        return _position(type(self.layer), name) if self._plain else None

    @property
    def _plain(self) -> bool:
        """Whether the class itself is called, not a function that makes the layer."""
        return not self.kind[:1].islower()

    @property
    def inner(self) -> ast.Call | None:
        """The call that makes the layer which this one wraps, where it is written inside."""
        node = self.call.args[0] if self.call.args else None
        for keyword in self.call.keywords:
            node = keyword.value if keyword.arg == "layer" else node
        return node if isinstance(node, ast.Call) else None

    def loop(self) -> ast.For | ast.comprehension | None:
        """Return the loop around the call within its function."""
        current = self.source.parent(self.call)
        while current is not None and not isinstance(current, ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.Module):
            if isinstance(current, ast.For):
                return current
            if isinstance(current, ast.ListComp | ast.GeneratorExp):
                return current.generators[0]
            current = self.source.parent(current)
        return None


def _long(statement: ast.stmt) -> bool:
    """Whether a statement makes many things: then the call's own line says more."""
    return (statement.end_lineno or 0) > statement.lineno


def site_of(evidence: Evidence, layer: Any) -> Site | None:
    """Return where a layer was made by the user's own code."""
    origin, located = origin_of(layer), call_that_made(layer)
    if origin is None or located is None:
        return None
    source, call = located
    scope = scope_of(evidence, origin) or _any_scope(evidence, source)
    return None if scope is None else Site(layer, source, call, scope, origin)


def scope_of(evidence: Evidence, origin: Origin) -> Scope | None:
    """Return the scope in which an object was made: a live frame's, or one rebuilt for a helper that has returned."""
    live = {id(frame.code): scope for frame, scope in zip(evidence.frames, evidence.scopes, strict=True)}
    budget = Budget(nodes=20_000, seconds=0.1)
    for depth, (code, _) in enumerate(origin.stack):
        scope = live.get(id(code))
        if scope is None:
            continue
        for deeper in range(depth, 0, -1):
            if origin.stack[deeper - 1][0].co_name in COMPREHENSIONS:
                continue  # it stands in the function around it, whose names it reads
            located = node_at(*origin.stack[deeper])
            if located is None or not isinstance(located[1], ast.Call):
                return None
            function = evaluate(located[1].func, scope, budget)
            entered = None if function is UNKNOWN else called_scope(located[1], scope, function, budget)
            if entered is None:
                return None
            scope = entered
        return scope
    return None


def _any_scope(evidence: Evidence, source: SourceFile) -> Scope | None:
    for frame, scope in zip(evidence.frames, evidence.scopes, strict=True):
        if frame.globals.get("__file__") == source.filename:
            return scope if isinstance(scope.owner, ast.Module) else module_scope(frame.globals)
    return None


def argument(call: ast.Call, cls: type, name: str) -> ast.expr | None:
    """Return the expression written for a constructor argument of a class."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    position = _position(cls, name)
    if position is None or position >= len(call.args):
        return None
    starred = any(isinstance(one, ast.Starred) for one in call.args[: position + 1])
    return None if starred else call.args[position]


def _position(cls: type, name: str) -> int | None:
    try:
        names = list(inspect.signature(getattr(cls, "__init__")).parameters)[1:]  # noqa: B009 - read off the class
    except (TypeError, ValueError):
        return None
    return names.index(name) if name in names else None


def home_of(node: ast.expr, scope: Scope) -> Link | None:
    """Return where a size comes from, through names, parameters and constants."""
    return number_home(node, scope)


def value_of(node: ast.expr, scope: Scope) -> Any:
    """Return the value of an expression, UNKNOWN where it is gone."""
    return evaluate(node, scope, Budget(nodes=20_000, seconds=0.1))


def reads(source: SourceFile, name: str, owner: ast.AST | None) -> list[ast.Name]:
    """Return the places that read a name within a function or module, definitions below it included."""
    around = owner if owner is not None else source.tree
    return [
        node
        for node in ast.walk(around)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
