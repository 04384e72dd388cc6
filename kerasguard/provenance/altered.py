"""Expressions as they would be after a change: the parts that stay keep their place in the source, so names resolve."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import Any

from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope


def altered(node: ast.AST, changes: Mapping[ast.AST, ast.AST]) -> ast.AST:
    """Return an expression with some of its parts replaced; parts in which nothing changes are the very same nodes.

    Parameters
    ----------
    node : ast.AST
        The expression.
    changes : mapping
        What stands in the place of which part.
    """
    if node in changes:
        return changes[node]
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            new: Any = altered(value, changes)
        elif isinstance(value, list):
            new = [altered(item, changes) if isinstance(item, ast.AST) else item for item in value]
            if all(one is other for one, other in zip(new, value, strict=True)):
                new = value
        else:
            new = value
        if new is not value:
            fields[name] = new
    if not fields:
        return node
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def would_be(node: ast.AST, changes: Mapping[ast.AST, ast.AST], scope: Scope, budget: Budget | None = None) -> Any:
    """Return what an expression would give with some of its parts replaced, UNKNOWN where nobody can tell."""
    return evaluate(altered(node, changes), scope, budget)


def holds(whole: ast.AST, part: ast.AST) -> bool:
    """Tell whether an expression has a part somewhere inside."""
    return any(node is part for node in ast.walk(whole))
