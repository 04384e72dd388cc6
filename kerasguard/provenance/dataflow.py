"""Backward slices of straight code: which statements of one function or module made a value, and what they read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kerasguard.provenance.source import SourceFile

Reference = ast.Name | ast.Attribute
NESTED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


@dataclass(frozen=True)
class Part:
    """A statement of a slice: what it binds and the expression it reads for that."""

    statement: ast.stmt
    targets: frozenset[str]
    value: ast.expr


def slice_of(source: SourceFile, owner: ast.AST, wanted: set[str], before: ast.stmt) -> list[Part]:
    """Return the statements of `owner` ahead of `before` that flow into the references `wanted`, in source order.

    Parameters
    ----------
    wanted
        References as text (``x``, ``self.x``).
    """
    parts = [part for part in _parts(owner) if part.statement.lineno < before.lineno or _around(part, before)]
    parts = [part for part in parts if part.statement is not before]
    chosen: set[int] = set()
    needed = set(wanted)
    grown = True
    while grown:  # loops carry values back: until nothing is added
        grown = False
        for index in range(len(parts) - 1, -1, -1):
            part = parts[index]
            if index in chosen or not part.targets & needed:
                continue
            chosen.add(index)
            needed |= references(source, part.value)
            grown = True
    return [parts[index] for index in sorted(chosen)]


def references(source: SourceFile, node: ast.AST) -> set[str]:
    """Return the names and dotted attributes that an expression reads, as text."""
    found: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            found.add(child.id)
        elif isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name):
            found.add(source.segment(child))
    return found


def occurrences(source: SourceFile, node: ast.AST, text: str) -> Iterator[ast.expr]:
    """Yield the parts of an expression that read just as `text`, outermost ones only."""
    waiting = [node]
    while waiting:
        child = waiting.pop(0)
        if isinstance(child, ast.expr) and source.segment(child) == text and _is_read(child):
            yield child
        else:
            waiting += [one for one in ast.iter_child_nodes(child) if not isinstance(one, ast.keyword)]
            waiting += [one.value for one in ast.iter_child_nodes(child) if isinstance(one, ast.keyword)]


def _is_read(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Load) or not hasattr(node, "ctx")


def _around(part: Part, statement: ast.stmt) -> bool:
    return (part.statement.end_lineno or 0) >= statement.lineno > part.statement.lineno


def _parts(owner: ast.AST) -> list[Part]:
    found: list[Part] = []
    waiting: list[ast.stmt] = list(getattr(owner, "body", []))
    while waiting:
        statement = waiting.pop(0)
        if isinstance(statement, NESTED):
            continue
        found += _own(statement)
        for field in ("body", "orelse", "finalbody"):
            waiting += [one for one in getattr(statement, field, []) if isinstance(one, ast.stmt)]
        for handler in getattr(statement, "handlers", []):
            waiting += handler.body
    return sorted(found, key=lambda part: (part.statement.lineno, part.statement.col_offset))


def _own(statement: ast.stmt) -> Iterator[Part]:
    if isinstance(statement, ast.Assign):
        yield Part(statement, frozenset(_bound(statement.targets)), statement.value)
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign) and statement.value is not None:
        yield Part(statement, frozenset(_bound([statement.target])), statement.value)
    elif isinstance(statement, ast.For):
        yield Part(statement, frozenset(_bound([statement.target])), statement.iter)
    elif isinstance(statement, ast.With):
        for item in statement.items:
            if item.optional_vars is not None:
                yield Part(statement, frozenset(_bound([item.optional_vars])), item.context_expr)
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        func = statement.value.func
        if isinstance(func, ast.Attribute):  # `items.append(x)` flows into items
            yield Part(statement, frozenset(_bound([func.value])), statement.value)


def _bound(targets: list[ast.expr]) -> Iterator[str]:
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield f"{node.value.id}.{node.attr}"
