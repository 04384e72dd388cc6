"""Where a layer was made and a model compiled: the calls in the user's source, and the home of what they were given."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.origins import call_that_made
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.reentry import called_scope, users_function
from kerasguard.provenance.scope import Scope, module_scope
from kerasguard.provenance.source import SourceFile, node_at, source_of
from kerasguard.provenance.values import UNKNOWN
from kerasguard.provenance.walk import Link, feeds, number_home
from kerasguard.repairs import edits
from kerasguard.vocabulary import Edit, Origin, Place


@dataclass(frozen=True)
class Made:
    """A call in the user's source, and the scope in which it stood."""

    call: ast.Call
    scope: Scope
    source: SourceFile

    @property
    def place(self) -> Place:
        """The statement of the call."""
        return self.source.place(self.source.statement(self.call) or self.call)

    def argument(self, name: str, position: int | None = None) -> ast.expr | None:
        """Return the expression for an argument, None where it was left out."""
        for keyword in self.call.keywords:
            if keyword.arg == name:
                return keyword.value
        if position is not None and position < len(self.call.args):
            node = self.call.args[position]
            return None if isinstance(node, ast.Starred) else node
        return None


@dataclass(frozen=True)
class Written:
    """How a changed argument is written: the edit, the line it stands on, and the names on the way to it."""

    edit: Edit
    place: Place
    names: tuple[str, ...] = ()


def made(evidence: Evidence, layer: Any) -> Made | None:
    """Return the user's call that constructed a layer or model."""
    origin, found = origin_of(layer), call_that_made(layer)
    if origin is None or found is None:
        return None
    source, call = found
    scope = _scope(evidence, origin) or Scope(source, source.owner(call), {}, _globals(evidence, source), live=False)
    return Made(call, scope, source)


def _globals(evidence: Evidence, source: SourceFile) -> Any:
    for frame in evidence.frames:
        if frame.source is source:
            return frame.globals
    return {}


def _scope(evidence: Evidence, origin: Origin) -> Scope | None:
    """Follow the recorded stack from its outermost frame into the scope of the innermost one."""
    stack = list(reversed(origin.stack))
    start = _live(evidence, stack[0][0])
    if start is None:
        return None
    budget = Budget(nodes=20_000, seconds=0.1)
    scope: Scope | None = start
    for (code, lasti), (inner, _) in itertools.pairwise(stack):
        found = node_at(code, lasti)
        if scope is None or found is None or not isinstance(found[1], ast.Call):
            return None
        live = _live(evidence, inner)
        if live is not None:
            scope = live
            continue
        function = users_function(evaluate(found[1].func, scope, budget))
        scope = called_scope(found[1], scope, function, budget) if function is not None else None
    return scope


def _live(evidence: Evidence, code: Any) -> Scope | None:
    for frame, scope in zip(evidence.frames, evidence.scopes, strict=True):
        if frame.code is code:
            return scope
    if code.co_name == "<module>":
        for frame in evidence.frames:
            if frame.globals.get("__file__") == code.co_filename:
                return module_scope(frame.globals)
    return None


def number(made_call: Made, name: str, position: int, value: int, apart: Iterable[Link] = ()) -> Written | None:
    """Write another number for a size argument, at the literal or computation that it comes from."""
    node = made_call.argument(name, position)
    return None if node is None else number_at(made_call, node, value, apart)


def number_at(made_call: Made, node: ast.expr, value: int, apart: Iterable[Link] = ()) -> Written:
    """Write another number for an expression of a call, at the literal or computation that it comes from.

    It is written in the call itself where the values of ``apart`` depend on the same number and would change as well.
    """
    home = number_home(node, made_call.scope)
    if home is not None and home.node is not node and feeds(home, apart):
        return Written(edits.replace(made_call.source, node, str(value)), made_call.place, _names(node, None))
    if home is None or home.path or not isinstance(home.node, ast.expr):
        inside = _element(home)
        if inside is not None and home is not None:
            return Written(edits.replace(home.source, inside, str(value)), home.place, _names(node, home))
        return Written(edits.replace(made_call.source, node, str(value)), made_call.place, _names(node, None))
    return Written(edits.replace(home.source, home.node, str(value)), home.place, _names(node, home))


def _element(home: Any) -> ast.expr | None:
    """Return the literal that an index into a list display, or into a sum of lists, means."""
    if home is None or len(home.path) != 1 or not isinstance(home.path[0], int):
        return None
    index = home.path[0]
    items = _items(home.node)
    if items is None:
        node = home.node
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and index < 0:
            tail = _items(node.right)
            if tail is not None and -index <= len(tail):
                return tail[index]
            return None
        return None
    return items[index] if -len(items) <= index < len(items) else None


def _items(node: ast.expr) -> list[ast.expr] | None:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else None


def _names(node: ast.expr, home: Any) -> tuple[str, ...]:
    names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    if home is not None and home.name:
        names.append(home.name)
    return tuple(dict.fromkeys(names))


def compiled(evidence: Evidence) -> Made | None:
    """Return the ``compile`` call of the failing model."""
    found = list(_compile_calls(evidence))
    mine = [one for one in found if _receiver(one) is evidence.event.owner]
    chosen = mine or [one for one in found if _receiver(one) is UNKNOWN]
    return chosen[-1] if chosen and (mine or len(chosen) == 1) else None


def _receiver(one: Made) -> Any:
    func = one.call.func
    return evaluate(func.value, one.scope) if isinstance(func, ast.Attribute) else UNKNOWN


def _compile_calls(evidence: Evidence) -> Iterator[Made]:
    for source in sources(evidence):
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr == "compile" and (node.args or node.keywords):
                yield Made(node, scope_at(evidence, source, node), source)


def sources(evidence: Evidence) -> list[SourceFile]:
    """Return the user's files that take part: those of the frames, then the one in which the model was made."""
    found: dict[str, SourceFile] = {}
    for frame in reversed(evidence.frames):
        if frame.source is not None:
            found.setdefault(frame.source.filename, frame.source)
    origin = origin_of(evidence.event.owner) if evidence.event.owner is not None else None
    for code, _ in origin.stack if origin is not None else ():
        source = source_of(code.co_filename)
        if source is not None:
            found.setdefault(source.filename, source)
    return list(found.values())


def scope_at(evidence: Evidence, source: SourceFile, node: ast.AST) -> Scope:
    """Return the scope around a node: a live one where its function is running, else one that knows the globals."""
    owner = source.owner(node)
    for scope in reversed(evidence.scopes):
        if scope.source is source and scope.owner is owner:
            return scope
    names = _globals(evidence, source)
    if isinstance(owner, ast.Module):
        return module_scope(names) if names else Scope(source, owner, {}, {})
    return Scope(source, owner, {}, names, live=False)
