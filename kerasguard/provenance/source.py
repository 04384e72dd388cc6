"""A user's source file as text and syntax tree, and the way from an instruction or a node to a place in it."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from types import CodeType

from kerasguard.vocabulary import Origin, Place

MAX_CODE_LINES = 3
# Code of their own, or expressions of which a part may have been left out of the code.
_ELSEWHERE = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp, ast.BoolOp)
Function = ast.FunctionDef | ast.AsyncFunctionDef


class SourceFile:
    """One parsed source file.

    Attributes
    ----------
    filename : str
        The name that code objects of this file carry.
    text : str
        The whole source.
    lines : list of str
        Its lines without line ends.
    tree : ast.Module
        The syntax tree of the file.
    """

    def __init__(self, filename: str, text: str) -> None:
        self.filename = filename
        self.text = text
        self.lines = text.split("\n")
        self.tree = ast.parse(text)
        self._parents: dict[ast.AST, ast.AST] = {}
        self._by_end: dict[tuple[int, int], list[ast.expr | ast.stmt]] = {}
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                # Context and operator nodes are shared singletons: they have no single parent.
                if not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.cmpop | ast.boolop):
                    self._parents[child] = node
            if isinstance(node, ast.expr | ast.stmt) and node.end_lineno is not None:
                self._by_end.setdefault((node.end_lineno, node.end_col_offset or 0), []).append(node)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that holds `node`."""
        return self._parents.get(node)

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """Return the innermost statement around `node`, or `node` itself when it is one."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self._parents.get(current)
        return current

    def function(self, node: ast.AST) -> Function | None:
        """Return the ``def`` around `node`, or None at module or class level."""
        current = self._parents.get(node)
        while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
            current = self._parents.get(current)
        return current

    def yields(self, function: ast.AST) -> bool:
        """Tell whether a function is a generator."""
        found = (node for node in ast.walk(function) if isinstance(node, ast.Yield | ast.YieldFrom))
        return any(self.owner(node) is function for node in found)

    def owner(self, node: ast.AST) -> ast.AST:
        """Return the def, lambda, class or module whose names `node` uses."""
        child, current = node, self._parents.get(node)
        while current is not None:
            if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                if child is current.args:
                    child, current = current, self._parents.get(current)  # defaults belong to the scope outside
                    continue
                if isinstance(current, ast.Lambda) or child in current.body:
                    return current
            elif isinstance(current, ast.ClassDef) and child in current.body:
                return current
            child, current = current, self._parents.get(current)
        return self.tree

    def segment(self, node: ast.AST) -> str:
        """Return the text of `node`, empty when it has no position."""
        row, column, end_row, end_column = self.span(node)
        return self.text[self.offset(row, column) : self.offset(end_row, end_column)]

    def span(self, node: ast.AST) -> tuple[int, int, int, int]:
        """Return row, column, end row, end column of `node`: 1-based, in characters, a block only by its header."""
        row = getattr(node, "lineno", 1)
        end_row = getattr(node, "end_lineno", None) or row
        column = self._characters(row, getattr(node, "col_offset", 0))
        end_column = self._characters(end_row, getattr(node, "end_col_offset", None) or 0)
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(node, ast.stmt):
            end_row = row if body[0].lineno == row else body[0].lineno - 1
            while end_row > row and not self._line(end_row).partition("#")[0].strip():
                end_row -= 1
            end_column = len(self._line(end_row).rstrip()) + 1
        return row, column, end_row, end_column

    def place(self, node: ast.AST, function: str | None = None) -> Place:
        """Return where `node` stands; `function` overrides the name of the function around it."""
        row, column, end_row, end_column = self.span(node)
        if function is None:
            around = self.function(node)
            function = around.name if around is not None else "<module>"
        code = "\n".join(line.strip() for line in self.lines[row - 1 : min(end_row, row + MAX_CODE_LINES - 1)])
        return Place(self.filename, row, end_row, column, end_column, function, code)

    def offset(self, row: int, column: int) -> int:
        """Return the index into the text of a 1-based row and a 1-based column in characters."""
        row = min(max(row, 1), len(self.lines))
        return min(self._starts[row - 1] + column - 1, len(self.text))

    def at_line(self, row: int) -> ast.stmt | None:
        """Return the innermost statement that covers the 1-based `row`."""
        best: ast.stmt | None = None
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.stmt) or not node.lineno <= row <= (node.end_lineno or node.lineno):
                continue
            if best is None or node.lineno >= best.lineno:
                best = node
        return best

    def at_span(self, row: int, column: int, end_row: int, end_column: int) -> ast.AST | None:
        """Return the node of a bytecode position (columns are 0-based UTF-8 bytes there), calls first."""
        # A method call on several lines reports its attribute as the start, but its true end.
        ending = self._by_end.get((end_row, end_column), [])
        exact = [n for n in ending if (n.lineno, n.col_offset) == (row, column)]
        around = [n for n in ending if (n.lineno, n.col_offset) <= (row, column)]
        for found in (exact, around[::-1]):
            for kind in (ast.Call, ast.expr, ast.stmt):
                for node in found:
                    if isinstance(node, kind):
                        return node
        return None

    def definition(self, code: CodeType) -> ast.AST | None:
        """Return the def, lambda, class or module that was compiled to `code`."""
        if code.co_name == "<module>":
            return self.tree
        best: ast.AST | None = None
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if node.name == code.co_name and first == code.co_firstlineno:
                    return node
            elif isinstance(node, ast.Lambda) and code.co_name == "<lambda>" and node.lineno == code.co_firstlineno:
                names = tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
                if best is None or names == code.co_varnames[: len(names)]:
                    best = node
        return best

    def _line(self, row: int) -> str:
        return self.lines[row - 1] if 0 < row <= len(self.lines) else ""

    def _characters(self, row: int, column: int) -> int:
        line = self._line(row)
        if line.isascii():
            return column + 1
        return len(line.encode()[:column].decode(errors="replace")) + 1


_files: dict[str, SourceFile | None] = {}
_texts: dict[str, str] = {}


def source_of(filename: str) -> SourceFile | None:
    """Return the parsed file, None when it is missing or does not parse; parsed again only when its text changes."""
    text = "".join(linecache.getlines(filename))
    if filename in _files and _texts[filename] == text:
        return _files[filename]
    parsed: SourceFile | None = None
    if text:
        try:
            parsed = SourceFile(filename, text)
        except (SyntaxError, ValueError, RecursionError):
            parsed = None
    _files[filename], _texts[filename] = parsed, text
    return parsed


def node_at(code: CodeType, lasti: int) -> tuple[SourceFile, ast.AST] | None:
    """Return the file and the syntax node that an instruction of `code` belongs to.

    Falls back to the innermost statement of the instruction's line.
    """
    source = source_of(code.co_filename)
    if source is None:
        return None
    return _located(source, code, lasti)


@lru_cache(maxsize=512)
def _located(source: SourceFile, code: CodeType, lasti: int) -> tuple[SourceFile, ast.AST] | None:
    position = next(islice(code.co_positions(), max(lasti, 0) // 2, None), None)
    if position is None:
        return None
    row, end_row, column, end_column = position
    if row is None:
        return None
    node: ast.AST | None = None
    if end_row is not None and column is not None and end_column is not None:
        node = source.at_span(row, column, end_row, end_column)
    node = node or source.at_line(row)
    if node is None or not _describes(source, code, node):
        # The file has changed since it was loaded: what stands there now says nothing about what runs.
        _files[source.filename] = None
        return None
    return source, node


def _describes(source: SourceFile, code: CodeType, node: ast.AST) -> bool:
    """Return whether the file still is what `code` was compiled from, as far as the place `node` tells."""
    if not code.co_name.startswith("<") and source.definition(code) is None:
        return False
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return bool(node.decorator_list or node.args.defaults or node.args.kw_defaults)  # nothing else calls or fails
    if isinstance(getattr(node, "body", None), list):
        return True
    known = {*code.co_names, *code.co_varnames, *code.co_cellvars, *code.co_freevars}
    return all(name in known or name.startswith("__") for name in _names_in(node))


def _names_in(node: ast.AST) -> Iterator[str]:
    """Yield the names and attributes that code of a node's own uses: not those of functions inside it."""
    if isinstance(node, _ELSEWHERE):
        return
    if isinstance(node, ast.Name):
        yield node.id
    if isinstance(node, ast.Attribute):
        yield node.attr
    for child in ast.iter_child_nodes(node):
        if child is not getattr(node, "annotation", None):
            yield from _names_in(child)


def places_of(origin: Origin) -> list[Place]:
    """Return the user's lines of an origin, innermost first; frames without source are left out."""
    places = []
    for code, lasti in origin.stack:
        found = node_at(code, lasti)
        if found is not None:
            source, node = found
            places.append(source.place(node, code.co_name))
    return places
