"""The user's lines that made an object, as syntax: from a record to the file and the nodes in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.source import SourceFile, node_at


def made_at(made: Any) -> tuple[SourceFile, ast.AST] | None:
    """Return the file and the node of the innermost line of the user's that made an object."""
    origin = None if made is None else origin_of(made)
    return None if origin is None else node_at(*origin.stack[0])


def call_that_made(made: Any) -> tuple[SourceFile, ast.Call] | None:
    """Return the call in the user's source that made an object, None where another kind of expression did."""
    located = made_at(made)
    if located is None or not isinstance(located[1], ast.Call):
        return None
    return located[0], located[1]


def lines_that_made(made: Any) -> Iterator[tuple[SourceFile, ast.AST]]:
    """Yield the lines of the user's that were under way when an object was made, innermost first."""
    origin = None if made is None else origin_of(made)
    for code, lasti in origin.stack if origin is not None else ():
        located = node_at(code, lasti)
        if located is not None:
            yield located
