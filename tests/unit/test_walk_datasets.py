"""Tests of the way back from one element of a dataset, generator or Sequence to the line that made it."""

from __future__ import annotations

import ast
import linecache
import sys
import textwrap
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import kerasguard.evidence  # noqa: E402, F401  # shapes of TensorFlow functions
from kerasguard.provenance import recorder  # noqa: E402
from kerasguard.provenance.frames import user_frames  # noqa: E402
from kerasguard.provenance.scope import Scope, scopes_of  # noqa: E402
from kerasguard.provenance.values import shape_of  # noqa: E402
from kerasguard.provenance.walk import birth, chain  # noqa: E402

_numbers = count()


def crash(text: str) -> tuple[ast.expr, Scope]:
    """Return the first argument of ``crash(...)`` in a program, and its scope."""
    name = f"<pipeline-{next(_numbers)}>"
    text = textwrap.dedent(text).lstrip()
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {
        "__name__": "__main__",
        "__file__": name,
        "np": np,
        "tf": tf,
        "crash": int,
        "noted": noted,
    }
    with pytest.raises(TypeError) as caught:
        exec(compile(text, name, "exec"), namespace)  # noqa: S102  # programs are the data of these tests
    frames = tuple(frame for frame in user_frames(caught.value.__traceback__) if frame.code.co_filename == name)
    node = frames[-1].node
    assert isinstance(node, ast.Call)
    return node.args[0], scopes_of(frames)[-1]


def of_rank(rank: int) -> Callable[[Any], bool | None]:
    """Return the property of having a rank."""
    return lambda value: None if (shape := shape_of(value)) is None else len(shape) == rank


def of_last(size: int) -> Callable[[Any], bool | None]:
    """Return the property of having a size on the last axis."""
    return lambda value: None if not (shape := shape_of(value)) or shape[-1] is None else shape[-1] == size


LOOP = """
    x = np.zeros((20, 8, 8, 1), "float32")
    y = np.zeros(20)
    ds = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    for a, b in ds:
        crash(a, None, None)
"""
HELPER = """
    def make(n):
        x = np.zeros((n, 8, 8), "float32")
        z = x[..., None]
        y = np.zeros(n)
        data = tf.data.Dataset.from_tensor_slices((z, y))
        return data.shuffle(10).batch(5).prefetch(1)
    ds = make(20)
    for step, (a, b) in enumerate(ds.take(1)):
        crash(a, None, None)
"""
IN_CLASS = """
    class Data:
        def __init__(self, n):
            self.x = np.zeros((n, 7), "float32")
            self.y = np.zeros(n)
            self.ds = tf.data.Dataset.from_tensor_slices({"f": self.x, "y": self.y}).batch(4)
        def first(self):
            return next(iter(self.ds))
    data = Data(12)
    batch = data.first()
    crash(batch["f"], None, None)
"""
MAPPED = """
    def parse(a, b):
        a = tf.cast(a, tf.float32) / 255.0
        g = tf.reduce_mean(a, axis=-1)
        return g, b
    x = np.zeros((20, 8, 8, 3), "float32")
    y = np.zeros((20, 5))
    ds = tf.data.Dataset.from_tensor_slices((x, y)).map(parse).batch(4)
    a, b = next(iter(ds))
    crash({}, None, None)
"""
ZIPPED = """
    images = tf.data.Dataset.from_tensor_slices(np.zeros((20, 8, 8, 3)))
    labels = tf.data.Dataset.from_tensor_slices(np.zeros((20, 6)))
    ds = tf.data.Dataset.zip((images, labels)).batch(4)
    crash(ds, None, None)
"""
TWICE = """
    rows = tf.data.Dataset.from_tensor_slices(np.zeros((20, 3)))
    rows = rows.batch(5)
    for part in rows.batch(2):
        crash(part, None, None)
"""
GENERATOR = """
    def gen(n):
        for i in range(n):
            img = np.zeros((8, 8))
            yield img, i
    crash(gen(4), None, None)
"""
FROM_GENERATOR = """
    def rows():
        for i in range(9):
            yield np.zeros((5, 2)), 1
    sig = (tf.TensorSpec((5, 2)), tf.TensorSpec((), tf.int32))
    ds = tf.data.Dataset.from_generator(rows, output_signature=sig).padded_batch(3)
    for batch in ds:
        x, y = batch
        crash(x, None, None)
"""
SEQUENCE = """
    class Parts(tf.keras.utils.Sequence):
        def __init__(self, x, y):
            super().__init__()
            self.x, self.y = x, y
        def __len__(self):
            return 3
        def __getitem__(self, i):
            part = self.x[i * 4:(i + 1) * 4]
            flat = part.reshape(4, -1)
            return flat, self.y[i * 4:(i + 1) * 4]
    x = np.zeros((12, 8, 8))
    y = np.zeros((12, 9))
    s = Parts(x, y)
    crash(s, None, None)
"""
IN_PYTHON = """
    def load(p):
        return np.zeros((6, 6), "float32")
    def wrap(p, label):
        return tf.ensure_shape(tf.numpy_function(load, [p], tf.float32), (6, 6)), label
    ds = tf.data.Dataset.from_tensor_slices((["a", "b"], [0, 1])).map(wrap).batch(2)
    crash(ds, None, None)
"""
PARTIAL = """
    from functools import partial
    def resized(a, b, size=4):
        return tf.image.resize(a, (size, size)), b
    x, y = np.zeros((6, 9, 9, 3), "float32"), np.zeros(6)
    ds = tf.data.Dataset.from_tensor_slices((x, y)).map(partial(resized, size=5)).batch(2)
    crash(ds, None, None)
"""


@pytest.mark.parametrize(
    ("program", "has", "path", "row"),
    [
        pytest.param(LOOP, of_last(1), (), 1, id="for-loop"),
        pytest.param(HELPER, of_rank(4), (), 3, id="helper-take-enumerate"),
        pytest.param(IN_CLASS, of_last(7), (), 3, id="class-next-iter-dict"),
        pytest.param(MAPPED.format("a"), of_rank(3), (), 3, id="mapped"),
        pytest.param(MAPPED.format("b"), of_last(5), (), 6, id="through-the-map"),
        pytest.param(ZIPPED, of_last(6), ("*", 1), 2, id="zip"),
        pytest.param(TWICE, of_rank(3), (), 2, id="batched-twice"),
        pytest.param(GENERATOR, of_rank(2), ("*", 0), 3, id="generator"),
        pytest.param(FROM_GENERATOR, of_last(2), (), 3, id="from_generator"),
        pytest.param(SEQUENCE, of_rank(2), ("*", 0), 9, id="sequence"),
        pytest.param(SEQUENCE, of_last(9), ("*", 1), 12, id="sequence-field"),
        pytest.param(IN_PYTHON, of_last(6), ("*", 0), 2, id="numpy_function"),
        pytest.param(PARTIAL, of_last(3), ("*", 0), 4, id="partial"),
    ],
)
def test_birth_of_a_property_of_one_element(
    program: str, has: Callable[[Any], bool | None], path: tuple[Any, ...], row: int
) -> None:
    """The line is found that gave a component its property, modulo the axis of the batch."""
    node, scope = crash(program)
    link = birth(node, scope, has, path)
    assert link is not None
    assert link.place.row == row


def noted(made: Any) -> Any:
    """Let the recorder remember who made a dataset, as the guard does."""
    recorder.remember(made, sys._getframe(1))  # the caller's line is what is remembered
    return made


def test_a_recorded_dataset_without_a_binding() -> None:
    """A live dataset that no statement leads to is followed by the record of the line that made it."""
    node, scope = crash("""
        def build():
            cells = np.zeros((6, 4, 4))
            return noted(tf.data.Dataset.from_tensor_slices(cells))
        holder = type("Holder", (), {})()
        setattr(holder, "ds", build())
        crash(getattr(holder, "ds"), None, None)
    """)
    assert {2, 3} <= {link.place.row for link in chain(node, scope, ("*",))}
