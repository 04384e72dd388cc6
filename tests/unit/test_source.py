"""Tests of finding nodes, statements and places in a user's source."""

from __future__ import annotations

import ast
import linecache
from types import CodeType

from kerasguard.provenance.source import SourceFile, node_at, places_of, source_of
from kerasguard.vocabulary import Origin


def cell(name: str, text: str) -> CodeType:
    """File a source in linecache, as a notebook does, and compile it."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return compile(text, name, "exec")


def failing(code: CodeType) -> tuple[CodeType, int]:
    """Run code that fails; return where the innermost frame stood."""
    try:
        exec(code, {})  # noqa: S102  # the subject of these tests are code objects
    except ZeroDivisionError as error:
        tb = error.__traceback__
        while tb is not None and tb.tb_next is not None:
            tb = tb.tb_next
        assert tb is not None
        return tb.tb_frame.f_code, tb.tb_lasti
    raise AssertionError


def test_columns_count_characters() -> None:
    """A place counts characters where the syntax tree counts UTF-8 bytes."""
    source = SourceFile("f.py", "größe = 'ä'; x = size(1)\n")
    call = next(node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    place = source.place(call)
    assert (place.column, place.end_column) == (18, 25)
    assert source.segment(call) == "size(1)"


def test_place_of_a_block_is_its_header() -> None:
    """The place of a def is its header, not its body."""
    source = SourceFile("f.py", "def f(a,\n      b):\n    # why\n    return a\n")
    place = source.place(source.tree.body[0])
    assert (place.row, place.end_row) == (1, 2)
    assert place.code == "def f(a,\nb):"


def test_owner_of_a_default_is_outside() -> None:
    """A default belongs to the scope around the function, its body to the function."""
    source = SourceFile("f.py", "def f(a=b):\n    return c\n")
    names = {node.id: node for node in ast.walk(source.tree) if isinstance(node, ast.Name)}
    assert source.owner(names["b"]) is source.tree
    assert source.owner(names["c"]) is source.tree.body[0]


def test_node_at_finds_the_call() -> None:
    """The instruction that failed leads to its own call, not to the whole statement."""
    code, lasti = failing(cell("<cell-1>", "def f(x): return 1 / x\nprint(f(1), f(0))\n"))
    found = node_at(code, lasti)
    assert found is not None
    assert found[0].segment(found[1]) == "1 / x"


def test_node_at_of_a_method_call_on_several_lines() -> None:
    """A chained call that spans lines is found by its end."""
    text = "class A:\n    def g(self): return self\n    def h(self): return 1 / 0\n(A()\n .g()\n .h())\n"
    code = cell("<cell-2>", text)
    try:
        exec(code, {"__name__": "m"})  # noqa: S102
    except ZeroDivisionError as error:
        tb = error.__traceback__
        assert tb is not None
        assert tb.tb_next is not None
        found = node_at(code, tb.tb_next.tb_lasti)
    assert found is not None
    assert isinstance(found[1], ast.Call)
    assert isinstance(found[1].func, ast.Attribute)
    assert found[1].func.attr == "h"


def test_source_of_follows_changes() -> None:
    """A notebook cell that is filed again under its name is parsed again."""
    cell("<cell-3>", "a = 1\n")
    first = source_of("<cell-3>")
    cell("<cell-3>", "b = 2\n")
    second = source_of("<cell-3>")
    assert first is not None
    assert second is not None
    assert second.text == "b = 2\n"
    assert source_of("<cell-3>") is second


def test_source_of_what_is_no_source() -> None:
    """A missing file and a file that does not parse give None."""
    linecache.cache["<cell-4>"] = (1, None, ["("], "<cell-4>")
    assert source_of("<cell-4>") is None
    assert source_of("/no/such/file.py") is None


def test_places_of_an_origin() -> None:
    """An origin gives one place per frame of its stack, the innermost first."""
    code, lasti = failing(cell("<cell-5>", "def f(x):\n    return 1 / x\nf(0)\n"))
    (place,) = places_of(Origin(((code, lasti),)))
    assert (place.row, place.function, place.code) == (2, "f", "return 1 / x")
