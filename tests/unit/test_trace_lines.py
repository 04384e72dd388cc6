"""Tests of the lines that a trace shows: each once, from the cause to the crash, with a word on what happened there."""

from __future__ import annotations

import ast
import linecache
import textwrap
from itertools import count
from typing import Any

import numpy as np
import pytest

from kerasguard.diagnosis.trace_lines import MOST_STEPS, REFUSED, changed, steps_of
from kerasguard.provenance.frames import user_frames
from kerasguard.provenance.scope import scopes_of
from kerasguard.provenance.values import shape_of
from kerasguard.provenance.walk import Link, chain
from kerasguard.vocabulary import Place

_numbers = count()


def of(text: str) -> tuple[list[Link], Place]:
    """Return the way back from the argument of ``crash(...)`` in a program, and the place of that call."""
    name = f"<lines-{next(_numbers)}>"
    text = textwrap.dedent(text).lstrip()
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": name, "np": np, "crash": int}
    with pytest.raises(TypeError) as caught:
        exec(compile(text, name, "exec"), namespace)  # noqa: S102  # programs are the data of these tests
    frames = tuple(frame for frame in user_frames(caught.value.__traceback__) if frame.code.co_filename == name)
    node, source = frames[-1].node, frames[-1].source
    assert isinstance(node, ast.Call)
    assert source is not None
    return chain(node.args[0], scopes_of(frames)[-1]), source.place(node)


GRAY = """
    def load(n):
        rows = []
        for _ in range(n):
            image = np.random.rand(8, 8, 3)
            gray = image.mean(axis=-1)
            rows.append(gray)
        stacked = np.array(rows)
        return stacked
    x = load(5)
    crash(x, None, None)
"""


def test_each_line_once_with_the_shape_after_it() -> None:
    """The lines go from the cause to the crash, and tell the shape that the value has after each."""
    links, crash = of(GRAY)
    cause = next(link.place for link in links if link.place.row == 5)
    steps = steps_of(links, cause, crash)
    assert [(step.place.row, step.shape) for step in steps] == [
        (5, (8, 8)),
        (6, (8, 8)),
        (7, (5, 8, 8)),
        (8, (5, 8, 8)),
        (9, (5, 8, 8)),
        (10, None),
    ]
    assert [step.note for step in steps] == [
        "the last axis is dropped here",
        "one of these is put into a list",
        "the list becomes one array",
        "returned by load()",
        "given back by load()",
        REFUSED,
    ]


def test_nothing_before_the_cause() -> None:
    """Lines that ran before the cause are left out, also where the cause is not on the way of the data."""
    links, crash = of("a = np.zeros(3)\nsize = 4\nb = a + 1\nc = b * 2\ncrash(c, None, None)\n")
    at = {link.place.row: link.place for link in links}
    assert [step.place.row for step in steps_of(links, at[3], crash)] == [3, 4, 5]
    source = links[0].source
    elsewhere = source.place(source.tree.body[1])
    steps = steps_of(links, elsewhere, crash)
    assert (steps[0].place.row, steps[0].note) == (2, "the cause")
    assert [step.place.row for step in steps] == [2, 3, 4, 5]


def test_a_cause_at_the_crash_is_one_line() -> None:
    """Where the crash itself is to blame there is nothing between."""
    links, crash = of("x = np.zeros(3)\ncrash(x, None, None)\n")
    assert [(step.place.row, step.note) for step in steps_of(links, crash, crash)] == [(2, REFUSED)]


def test_long_ways_keep_the_ends_and_what_is_handed_over() -> None:
    """At most a handful of lines: the cause, the crash, and where a value goes from a helper to its caller."""
    body = "".join(f"    a{n + 1} = a{n} + 1\n" for n in range(9))
    links, crash = of(
        f"def make():\n    a0 = np.zeros((2, 3))\n{body}    return a9\nx = make()\ncrash(x, None, None)\n"
    )
    steps = steps_of(links, links[-1].place, crash)
    rows = [step.place.row for step in steps]
    assert len(steps) == MOST_STEPS
    assert rows == sorted(rows)
    assert {2, 12, 13, 14} <= set(rows)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((4, 5), (4, 5), ""),
        ((None, 5), (4, 5), ""),
        ((4, 5), (1, 4, 5), "an axis is added in front here"),
        ((4, 5), (4, 5, 1), "an axis is added at the end here"),
        ((4, 5), (5,), "the first axis is dropped here"),
        ((4, None), (4,), "the last axis is dropped here"),
        ((12,), (2, 2, 3), "the rank goes from 1 to 3 here"),
        ((2, 3, 4), (2, 4, 3), "the axes change places here"),
        ((9, 3), (9, 1), "the last axis goes from 3 to 1 here"),
        ((9, 3), (7, 3), "9 rows become 7 here"),
        ((), (7, 3), ""),
    ],
)
def test_a_change_of_shape_in_words(before: tuple[int | None, ...], after: tuple[int | None, ...], said: str) -> None:
    """What happened to a shape is said in one phrase."""
    assert changed(before, after) == said


def test_shape_of_a_list_filled_at_module_level() -> None:
    """A list that a module filled by `append` and bound anew is known by what was put into it."""
    links, _ = of("""
        rows = []
        for n in range(40):
            rows.append(np.zeros((6, 2)))
        rows = np.array(rows)
        crash(rows, None, None)
    """)
    assert (None, 6, 2) in [shape_of(link.seen) for link in links if link.place.row == 3]


def test_the_way_begins_where_the_data_was_made() -> None:
    """Where the line to blame only handed the data on, the line that made it comes first."""
    links, crash = of("def load():\n    data = np.zeros((4, 4))\n    return data\nx = load()\ncrash(x, None, None)\n")
    at = {link.place.row: link.place for link in links}
    steps = steps_of(links, at[4], crash, made=at[2])
    assert [step.place.row for step in steps] == [2, 3, 4, 5]
