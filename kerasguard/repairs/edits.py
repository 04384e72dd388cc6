"""Write an edit of the user's source: positions from the syntax tree, in the user's own style."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from kerasguard.provenance.source import SourceFile
from kerasguard.vocabulary import Edit

_ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.ListComp)
_POSTFIX = re.compile(r"^\{\}[.\[(]")


def replace(source: SourceFile, node: ast.AST, text: str) -> Edit:
    """Return the edit that puts `text` in the place of `node`."""
    place = source.place(node)
    return Edit(source.filename, (place.row, place.column), (place.end_row, place.end_column), text)


def wrap(source: SourceFile, node: ast.expr, pattern: str) -> Edit:
    """Return the edit that puts `node` into `pattern`, where ``{}`` stands for it.

    Parentheses are added where the pattern continues behind an expression that does not bind tightly enough.
    """
    return replace(source, node, wrapped(source, node, pattern))


def wrapped(source: SourceFile, node: ast.expr, pattern: str) -> str:
    """Return the text of `node` inside `pattern`."""
    text = source.segment(node)
    if _POSTFIX.match(pattern) and not isinstance(node, _ATOMS):
        text = f"({text})"
    return pattern.replace("{}", text)


def delete_method_call(source: SourceFile, call: ast.Call) -> Edit | None:
    """Return the edit that takes ``.method(...)`` off the end of a chain, leaving its receiver."""
    if not isinstance(call.func, ast.Attribute):
        return None
    receiver, whole = source.place(call.func.value), source.place(call)
    return Edit(source.filename, (receiver.end_row, receiver.end_column), (whole.end_row, whole.end_column), "")


def add_argument(source: SourceFile, call: ast.Call, text: str) -> Edit:
    """Return the edit that appends an argument to a call, after the last one there is."""
    last: ast.AST | None = max(
        [*call.args, *(keyword.value for keyword in call.keywords)],
        key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0),
        default=None,
    )
    if last is None:
        place = source.place(call)
        at = (place.end_row, place.end_column - 1)
        return Edit(source.filename, at, at, text)
    place = source.place(last)
    at = (place.end_row, place.end_column)
    if _parenthesised(source, at):
        whole = source.place(call)
        at = (whole.end_row, whole.end_column - 1)
    return Edit(source.filename, at, at, f", {text}")


def set_argument(source: SourceFile, call: ast.Call, name: str, text: str, position: int | None = None) -> Edit:
    """Return the edit that gives the call's argument `name` the value `text`, in place or appended."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return replace(source, keyword.value, text)
    if position is not None and position < len(call.args) and not isinstance(call.args[position], ast.Starred):
        return replace(source, call.args[position], text)
    return add_argument(source, call, f"{name}={text}")


def insert_before(source: SourceFile, statement: ast.stmt, text: str) -> Edit:
    """Return the edit that inserts a statement of its own line(s) before `statement`, equally indented."""
    place = source.place(statement)
    line = source.lines[place.row - 1]
    indent = line[: len(line) - len(line.lstrip())]
    if line[: place.column - 1].strip():  # `if x: y` or `a; b` on one line
        at = (place.row, place.column)
        return Edit(source.filename, at, at, f"{text}; ")
    at = (place.row, 1)
    body = "".join(f"{indent}{part}\n" for part in text.splitlines())
    return Edit(source.filename, at, at, body)


def insert_after(source: SourceFile, statement: ast.stmt, text: str) -> Edit:
    """Return the edit that inserts a statement on the line(s) behind `statement`, equally indented."""
    place = source.place(statement)
    line = source.lines[place.row - 1]
    indent = line[: len(line) - len(line.lstrip())]
    at = (place.end_row, place.end_column)
    if line[: place.column - 1].strip():
        return Edit(source.filename, at, at, f"; {text}")
    body = "".join(f"\n{indent}{part}" for part in text.splitlines())
    end = (place.end_row, len(source.lines[place.end_row - 1].rstrip("\r\n")) + 1)
    return Edit(source.filename, end, end, body)


def alias(source: SourceFile, module: str) -> str | None:
    """Return the name under which this file imports `module` (``np`` for numpy), or None."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                if item.name == module and (item.asname or "." not in module):
                    return item.asname or module
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for item in node.names:
                if f"{node.module}.{item.name}" == module:
                    return item.asname or item.name
    return None


def import_line(source: SourceFile, statement: str) -> Edit:
    """Return the edit that adds an import where imports belong: behind the comments on top, docstring, ``__future__``."""
    body = source.tree.body
    row = 1
    for node in body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node is body[0]
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (docstring or future):
            if isinstance(node, ast.Import | ast.ImportFrom):
                row = max(row, node.lineno)
            break
        row = (node.end_lineno or row) + 1
    while row == 1 or source.lines[row - 2].startswith("#"):  # a `#!` and the encoding stay on top
        if not source.lines[row - 1].startswith("#"):
            break
        row += 1
    return Edit(source.filename, (row, 1), (row, 1), f"{statement}\n")


def fresh_name(source: SourceFile, wish: str) -> str:
    """Return `wish`, or `wish` with a number, such that the file does not use the name."""
    used = {node.id for node in ast.walk(source.tree) if isinstance(node, ast.Name)}
    used |= {node.arg for node in ast.walk(source.tree) if isinstance(node, ast.arg)}
    name, number = wish, 2
    while name in used:
        name, number = f"{wish}_{number}", number + 1
    return name


def applied(source: SourceFile, edits: Iterable[Edit]) -> str:
    """Return the text of the file with those of the edits that are its own."""
    text = source.text
    mine = [edit for edit in edits if edit.filename == source.filename]
    for edit in sorted(mine, key=lambda edit: (source.offset(*edit.start), source.offset(*edit.end)), reverse=True):
        text = text[: source.offset(*edit.start)] + edit.content + text[source.offset(*edit.end) :]
    return text


def compiles(source: SourceFile, edits: Iterable[Edit]) -> bool:
    """Return whether the edited file is still Python."""
    try:
        compile(applied(source, edits), source.filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def changes(source: SourceFile, edits: Iterable[Edit]) -> bool:
    """Return whether the edits leave another text than there was."""
    return applied(source, edits) != source.text


def _parenthesised(source: SourceFile, at: tuple[int, int]) -> bool:
    """Return whether a closing parenthesis of the last argument itself follows: ``f((a))``."""
    rest = source.lines[at[0] - 1][at[1] - 1 :]
    return bool(re.match(r"\s*\)\s*\)", rest)) and rest.count(")") > rest.count("(") + 1
