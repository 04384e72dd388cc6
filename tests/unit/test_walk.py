"""Tests of the way back from a use to the line that made the value."""

from __future__ import annotations

import ast
import linecache
import textwrap
from itertools import count
from typing import Any

import numpy as np

from kerasguard.provenance.frames import user_frames
from kerasguard.provenance.scope import Scope, scopes_of
from kerasguard.provenance.values import shape_of
from kerasguard.provenance.walk import (
    argument_node,
    birth,
    chain,
    name_of,
    names_along,
    number_home,
    options,
    resolve_path,
)

_numbers = count()


class Crash:
    """A program that calls ``crash(...)`` with what is to be traced."""

    def __init__(self, text: str, frame: int = -1) -> None:
        name = f"<program-{next(_numbers)}>"
        text = textwrap.dedent(text).lstrip()
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        namespace: dict[str, Any] = {"__name__": "__main__", "__file__": name, "np": np, "crash": int}
        try:
            exec(compile(text, name, "exec"), namespace)  # noqa: S102  # programs are the data of these tests
        except TypeError as error:
            frames = user_frames(error.__traceback__)
        self.frames = tuple(f for f in frames if f.code.co_filename == name)
        self.scope: Scope = scopes_of(self.frames)[frame]
        node = self.frames[frame].node
        assert isinstance(node, ast.Call)
        self.call = node

    def rows(self, argument: int = 0) -> list[int]:
        """Return the rows of the chain of an argument, each once."""
        links = chain(self.call.args[argument], self.scope)
        return list(dict.fromkeys(link.place.row for link in links))

    def birth_row(self, rank: int, argument: int = 0) -> int | None:
        """Return the row in which an argument got this rank."""

        def has(value: Any) -> bool | None:
            shape = shape_of(value)
            return None if shape is None else len(shape) == rank

        link = birth(self.call.args[argument], self.scope, has)
        return None if link is None else link.place.row


def test_chain_through_a_helper() -> None:
    """The chain goes from the use over the binding into the helper's return and to the maker."""
    crash = Crash("""
        def load(n):
            data = np.random.rand(n, 4)
            data /= 2
            return data
        x = load(10)
        crash(x, None, None)
    """)
    assert crash.rows() == [6, 5, 4, 2]


def test_last_binding_that_reaches() -> None:
    """A name that is bound again is followed to the binding that holds at the use, with the value it had there."""
    crash = Crash("""
        x = np.zeros((6, 2))
        y = x[0]
        x = np.ones((3, 3))
        crash(y, x, None)
    """)
    links = chain(crash.call.args[0], crash.scope)
    assert [link.place.row for link in links][-1] == 1
    assert links[-1].shape == (6, 2)
    assert crash.rows(1) == [4, 3]


def test_tuple_unpacking_takes_its_element() -> None:
    """Each name of a nested unpacking is followed to its own element of the returned tuple."""
    crash = Crash("""
        def load():
            x = np.zeros((8, 2))
            y = np.zeros(8)
            return (x, y), (x[:2], y[:2])
        (a, b), (c, d) = load()
        crash(a, d, None)
    """)
    assert crash.rows(0) == [6, 5, 4, 2]
    assert crash.rows(1) == [6, 5, 4, 3]


def test_birth_in_an_appending_loop() -> None:
    """The property is born where one element lost its axis, not where the list became an array."""
    crash = Crash("""
        def load(n):
            rows = []
            for _ in range(n):
                image = np.random.rand(8, 8, 3)
                gray = image.mean(axis=-1)
                rows.append(gray)
            return np.array(rows).astype("float32")
        x = load(5)
        crash(x, None, None)
    """)
    assert crash.birth_row(3) == 5


def test_birth_in_a_comprehension() -> None:
    """A comprehension's element is compared modulo the leading axis."""
    crash = Crash("""
        images = [np.zeros((8, 8)) for _ in range(3)]
        x = np.stack(images)
        y = x / 255
        crash(y, None, None)
    """)
    assert crash.birth_row(3) == 1


def test_birth_by_reshape() -> None:
    """A reshape that makes the rank is its birth."""
    crash = Crash("""
        t = np.zeros((9, 4))
        u = t.reshape(1, 9, 4)
        v = u * 2
        crash(v, None, None)
    """)
    assert crash.birth_row(3) == 2


def test_birth_without_the_property() -> None:
    """A use that does not have the property has no birth."""
    assert Crash("x = np.zeros(3)\ncrash(x, None, None)\n").birth_row(2) is None


def test_attribute_set_by_the_constructor() -> None:
    """A field is followed to the method that set it and on to the constructor's argument."""
    crash = Crash("""
        class Box:
            def __init__(self, data):
                self.data = data
            def get(self):
                return self.data[:2]
        values = np.zeros((6, 4))
        box = Box(values)
        x = box.get()
        crash(x, None, None)
    """)
    rows = crash.rows()
    assert {5, 3, 6} <= set(rows)


def test_parameter_of_a_live_frame() -> None:
    """A parameter of a running function leads to the caller's argument."""
    crash = Crash("""
        def train(data):
            crash(data, None, None)
        x = np.zeros((4, 4))
        train(x)
    """)
    assert crash.rows() == [2, 4, 3]


def test_branch_not_taken_is_left_out() -> None:
    """Of the bindings in branches only the one taken by a known test is followed."""
    crash = Crash("""
        def make(flag):
            x = np.zeros((2, 2))
            if flag:
                x = x.reshape(4)
            return x
        a = make(False)
        crash(a, None, None)
    """)
    assert 4 not in crash.rows()


def test_number_home() -> None:
    """A size is followed through parameters, defaults and constants to its first computation."""
    crash = Crash("""
        SIDE = 4 * 7
        CONFIG = {"size": SIDE}
        def build(n=CONFIG["size"]):
            m = n
            crash(m, None, None)
        build()
    """)
    home = number_home(crash.call.args[0], crash.scope)
    assert home is not None
    assert (home.place.row, home.value) == (1, 28)


def test_number_home_in_sums_of_tuples() -> None:
    """An entry of a sum of tuples, or of a display with a starred part, is followed into the part that holds it."""
    crash = Crash("""
        SIDES = (16, 24)
        def build(sides, channels):
            crash(sides + (channels,), (channels, *sides), None)
        build(SIDES, 3)
    """)
    for argument, path in ((0, 1), (1, 2)):
        home = number_home(crash.call.args[argument], crash.scope, (path,))
        assert home is not None
        assert (home.place.row, ast.unparse(home.node)) == (1, "24")


def test_argument_node_and_displays() -> None:
    """A leaf of a call's arguments leads to its expression, through displays that have names."""
    crash = Crash("""
        a, b = np.zeros(2), np.ones(2)
        pair = [a, b]
        crash({"p": pair, "q": a}, y=b)
    """)
    first = argument_node(crash.call, (0, "p"))
    assert isinstance(first, ast.Name)
    node, _, rest = resolve_path(first, crash.scope, (1,))
    assert (ast.unparse(node), rest) == ("b", ())
    assert ast.unparse(argument_node(crash.call, ("y",)) or ast.Constant(0)) == "b"


def test_options_of_a_call() -> None:
    """Sizes are no data: they are options of the maker."""
    crash = Crash("n = 3\nx = np.zeros((n, 2))\ncrash(x, None, None)\n")
    last = chain(crash.call.args[0], crash.scope)[-1]
    assert [ast.unparse(link.node) for link in options(last)] == ["(n, 2)"]


def test_name_of_a_view() -> None:
    """An object has the name of the innermost frame that holds it, or holds what it is a view of."""
    crash = Crash("big = np.zeros((4, 4))\ncrash(big[1:], None, None)\n")
    assert name_of(crash.frames[-1].globals["big"][1:], crash.frames) == "big"


def test_names_along() -> None:
    """The names on the way come once each, the use's first."""
    crash = Crash("a = np.zeros(3)\nb = a\nc = b + 1\ncrash(c, None, None)\n")
    assert names_along(chain(crash.call.args[0], crash.scope)) == ["c", "b", "a"]


def test_loops_that_feed_themselves_end() -> None:
    """A name bound from itself in a loop does not trap the walk."""
    crash = Crash("""
        x = np.zeros((2, 2))
        for i in range(3):
            x = x + i
        crash(x, None, None)
    """)
    assert crash.rows()[-1] == 1
