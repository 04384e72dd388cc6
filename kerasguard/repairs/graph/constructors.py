"""Constructors of the user's own layers and models that do not call the one of Keras, or call it too late."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import wants
from kerasguard.evidence import Evidence
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.building.own_code import Method, methods
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Edit

ERRORS = (RuntimeError, AttributeError, TypeError)
MOST_NAMES = 3


@dataclass(frozen=True)
class Unprepared:
    """A constructor without the call; `late` is the call where there is one, behind the first assignment."""

    method: Method
    late: ast.stmt | None

    @property
    def source(self) -> SourceFile:
        """The file of the class."""
        return self.method.source

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.method.owner.__name__

    @property
    def first(self) -> ast.stmt:
        """The first statement of the constructor that does something."""
        body = self.method.node.body
        documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        return body[1] if documented and len(body) > 1 else body[0]

    @property
    def assigned(self) -> list[str]:
        """The first attributes that the constructor sets."""
        found = [
            one.attr
            for one in ast.walk(self.method.node)
            if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
        ]
        return list(dict.fromkeys(found))[:MOST_NAMES]


def unprepared(evidence: Evidence) -> Unprepared | None:
    """Return the constructor by which an object in the failing call missed the one of Keras."""
    if not isinstance(evidence.event.error, ERRORS):
        return None
    objects = [entry.frame.f_locals.get("self") for entry in evidence.event.stack]
    seen: set[int] = set()
    for one in [evidence.event.owner, *reversed(objects)]:
        if one is None or id(one) in seen or not wants.is_layer(one) or wants.is_keras(type(one)):
            continue
        seen.add(id(one))
        found = _of(one)
        if found is not None:
            return found
    return None


def _of(value: Any) -> Unprepared | None:
    """Return the constructor of an object's class, or of one it is derived from, that keeps Keras' from running."""
    if _is_prepared(value):
        return None
    for method in methods(value, ("__init__",)):
        calls = [node for node in ast.walk(method.node) if isinstance(node, ast.Call) and _is_init(node)]
        if not calls:
            return Unprepared(method, None)
        statement = method.source.statement(calls[0])
        before = [one for one in method.node.body if one.lineno < calls[0].lineno]
        if statement in method.node.body and any(_stores(one) for one in before):
            return Unprepared(method, statement)
    return None


def _stores(statement: ast.stmt) -> bool:
    """Return whether a statement sets an attribute."""
    nodes = ast.walk(statement)
    return any(isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store) for one in nodes)


def _is_prepared(value: Any) -> bool:
    """Return whether Keras' constructor has run: it sets the name of a layer, in all releases."""
    return any(name in vars(value) for name in ("_name", "name"))


def _is_init(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"


def candidates(found: Unprepared) -> Iterator[Candidate]:
    """Propose the call as the first statement of the constructor."""
    source, node = found.source, found.method.node
    passed = f"**{node.args.kwarg.arg}" if node.args.kwarg is not None else ""
    text = f"super().__init__({passed})"
    more: list[Edit] = []
    if found.late is not None:
        text = source.segment(found.late)
        place = source.place(found.late)
        if place.end_row >= len(source.lines):
            return
        more.append(Edit(source.filename, (place.row, 1), (place.end_row + 1, 1), ""))
    first = found.first
    yield Candidate(
        title=f"call `{text}` first",
        edits=(edits.insert_before(source, first, text), *more),
        cost=0.3,
        cause=source.place(first, "__init__"),
        exact=False,
    )
