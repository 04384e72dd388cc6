"""What a program puts into a list after it made it empty: by `append` and its kin, and by `+=`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.provenance.scope import Scope

MAKERS = ("list", "deque", "set")
GATHERING = ("append", "add", "insert", "extend", "appendleft")


def is_empty(node: ast.expr) -> bool:
    """Tell whether an expression makes an empty list: ``[]``, ``list()``, ``deque()``."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", "") in MAKERS and not node.args
    return isinstance(node, ast.List) and not node.elts


def gathered(name: str, scope: Scope) -> Iterator[tuple[ast.expr, bool]]:
    """Yield what is put into the list `name` in a scope; the second item tells whether all its items are put in."""
    block = getattr(scope.owner, "body", None)
    for statement in block if isinstance(block, list) else []:
        for node in ast.walk(statement):
            if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and _is(node.target, name):
                yield node.value, True
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in GATHERING
                and _is(node.func.value, name)
                and node.args
            ):
                yield node.args[-1], node.func.attr == "extend"


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
