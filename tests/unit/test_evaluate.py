"""Tests of evaluating a user's expressions without running them."""

from __future__ import annotations

import ast
import linecache
import time
from typing import Any

import numpy as np
import pytest

from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.values import UNKNOWN, Ghost, add_axes, element, ghost_of, merge, shape_of

HELPERS = """
import numpy as np

def windows(series, size, step=1):
    rows = []
    for start in range(0, len(series) - size + 1, step):
        rows.append(series[start:start + size])
    return np.array(rows)

def endless(n):
    total = 0
    for a in range(10):
        for b in range(10):
            for c in range(10):
                total = total + endless(n - 1) * a + b * c
    return total

def split(x, share=0.5):
    cut = int(len(x) * share)
    return x[:cut], x[cut:]

def either(flag):
    if flag:
        x = np.zeros((2, 3))
    else:
        x = np.zeros((2, 4))
    return x

def batches(n):
    while True:
        yield np.random.rand(n, 4), np.ones(n)

def touch(log):
    log.append(1)
    return len(log)

def forever(n):
    return forever(n + 1)

class Reader:
    def __init__(self, rows, width=8):
        self.rows = rows
        self.width = width

    @property
    def area(self):
        return self.rows * self.width

    def read(self):
        return np.random.random((self.rows, self.width)).astype("float32")
"""


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Run a module of helper functions; return its namespace."""
    name = "<helpers>"
    linecache.cache[name] = (len(HELPERS), None, HELPERS.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": "helpers", "__file__": name}
    exec(compile(HELPERS, name, "exec"), namespace)  # noqa: S102  # a module without a file
    namespace.update(x=np.zeros((10, 4)), big=np.broadcast_to(np.float32(0), (60_000, 28, 28)), log=[], k=3)
    return namespace


def value(text: str, names: dict[str, Any], budget: Budget | None = None) -> Any:
    """Evaluate an expression among these names."""
    tree = ast.parse(text, mode="eval")
    return evaluate(tree.body, Scope(None, None, names, names), budget)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("x.T", (4, 10)),
        ("x[np.newaxis]", (1, 10, 4)),
        ("x[2:5, 0]", (3,)),
        ("x.mean(axis=0, keepdims=True)", (1, 4)),
        ("big.reshape(-1, 784)", (60_000, 784)),
        ("big.astype('float32') / 255.0", (60_000, 28, 28)),
        ("np.expand_dims(big, -1)", (60_000, 28, 28, 1)),
        ("np.stack([x, x, x])", (3, 10, 4)),
        ("np.concatenate([big, big])", (120_000, 28, 28)),
        ("np.random.rand(1000000, 224, 224, 3)", (1_000_000, 224, 224, 3)),
        ("np.random.default_rng(0).normal(size=(5, k))", (5, 3)),
        ("np.random.randint(0, 9, size=7)", (7,)),
        ("np.array([np.zeros((4, 4)) for _ in range(1000)])", (1000, 4, 4)),
        ("windows(np.arange(100), 10)", (91, 10)),
        ("split(x)[1]", (5, 4)),
        ("either(unknown)", (2, None)),
        ("either(True)", (2, 3)),
        ("Reader(5).read()", (5, 8)),
        ("x @ np.ones((4, 2))", (10, 2)),
        ("[0] * 8", (8,)),
    ],
)
def test_shapes_of_what_is_gone(text: str, shape: tuple[int | None, ...], names: dict[str, Any]) -> None:
    """An expression has the shape that running it would give, None for a size that is not known."""
    assert shape_of(value(text, names)) == shape


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.shape[1] * 2", 8),
        ("len(windows(np.arange(100), 10))", 91),
        ("Reader(5).area", 40),
        ("[n for n in range(4) if n % 2]", [1, 3]),
        ("x.dtype == 'float64' and 'yes' or 'no'", UNKNOWN),
        ("sum(k * n for n in (1, 2))", 9),
        ("{**{'a': k}, 'b': 1}", {"a": 3, "b": 1}),
        ("nothing_of_that_name", UNKNOWN),
        ("2 ** 10 ** 9", UNKNOWN),
        ("[0] * 10 ** 9", UNKNOWN),
        ("open('/etc/hostname').read()", UNKNOWN),
        ("forever(0)", UNKNOWN),
    ],
)
def test_values(text: str, expected: Any, names: dict[str, Any]) -> None:
    """Numbers and containers are exact where nothing unknown takes part, and UNKNOWN where running would be needed."""
    result = value(text, names)
    assert result is UNKNOWN if expected is UNKNOWN else result == expected


def test_nothing_alive_changes(names: dict[str, Any]) -> None:
    """A helper that appends to a live list is read, not run."""
    value("touch(log)", names)
    assert names["log"] == []


def test_no_random_generator_is_asked(names: dict[str, Any]) -> None:
    """Random makers give shapes and leave the global generator and live generators as they were."""
    names["rng"] = np.random.default_rng(3)
    before, own = np.random.get_state()[1].copy(), str(names["rng"].bit_generator.state)  # type: ignore[union-attr,index]  # noqa: NPY002  # the global generator is the subject
    assert shape_of(value("np.random.rand(3) + rng.random(3)", names)) == (3,)
    assert (np.random.get_state()[1] == before).all()  # type: ignore[index]  # noqa: NPY002  # the global generator is the subject
    assert str(names["rng"].bit_generator.state) == own


def test_generator_hands_out_what_it_yields(names: dict[str, Any]) -> None:
    """An element of what a generator function gives is what it yields."""
    x, y = element(value("batches(16)", names), "*")
    assert (shape_of(x), shape_of(y)) == ((16, 4), (16,))


def test_lists_count_as_arrays() -> None:
    """A list of equally shaped arrays has a leading axis more, a ragged one an unknown axis."""
    assert shape_of([np.zeros((3, 2))] * 4) == (4, 3, 2)
    assert shape_of([np.zeros((3, 2)), np.zeros((4, 2))]) == (2, None, 2)
    assert shape_of([np.zeros(3), np.zeros((3, 2))]) is None
    assert ghost_of("text") is None


def test_merge_keeps_what_agrees() -> None:
    """Two shapes of one rank meet with None where they differ; anything else is unknown."""
    assert merge(np.zeros((2, 3)), Ghost((2, 5), "float64")) == Ghost((2, None), "float64", "numpy")
    assert merge(np.zeros(2), None) is UNKNOWN
    assert add_axes(np.zeros((2, 3)), 1) == Ghost((None, 2, 3), "float64", "numpy")


def test_masks_and_indices_of_live_arrays_are_exact(names: dict[str, Any]) -> None:
    """What a live mask or index array takes of a live array has a known shape, whatever the number of columns."""
    names["x"] = np.broadcast_to(np.zeros((), "float32"), (180, 4000))
    names["keep"] = np.arange(180) % 4 != 0
    names["some"] = np.array([3, 1, 3])
    assert shape_of(value("x[keep]", names)) == (135, 4000)
    assert shape_of(value("x[some]", names)) == (3, 4000)
    assert shape_of(value("x[keep, :2]", names)) == (135, 2)


def test_a_costly_call_leaves_the_rest_known(names: dict[str, Any]) -> None:
    """A helper that costs too much is unknown; what is written around it is still evaluated, in bounded time."""
    budget = Budget(nodes=20_000, seconds=0.2)
    started = time.monotonic()
    assert shape_of(value("endless(3).reshape(4, 5)", names, budget)) in (None, (4, 5))
    assert shape_of(value("np.zeros((2, 3))", names, budget)) == (2, 3)
    assert time.monotonic() - started < 1
