"""Exceptions of every make leave the guard as they came: type, arguments, text, identity, and promptly."""

from __future__ import annotations

import copy
import pickle
import re
import time
from pathlib import Path
from typing import Any

import pytest

from kerasguard.render import terminal
from tests.hostile import harness

CLASSES = """
class Needs(ValueError):
    def __init__(self, *, where, why):
        super().__init__("needs")
        self.where, self.why = where, why
class Other(ValueError):
    def __init__(self, code):
        super().__init__("code %d" % code)
class Slots(Exception):
    __slots__ = ()
class ReadOnly(ValueError):
    def __setattr__(self, name, value):
        raise RuntimeError("read only")
class Silent(ValueError):
    def __str__(self):
        raise RuntimeError("no text")
    __repr__ = __str__
class Noted(ValueError):
    def add_note(self, note):
        raise RuntimeError("no notes")
class Strange(ValueError):
    @property
    def __notes__(self):
        raise RuntimeError("no notes")
class Asked(ValueError):
    def __getattr__(self, name):
        raise KeyError(name)
class Unequal(ValueError):
    def __eq__(self, other):
        raise RuntimeError("no comparison")
    __hash__ = None
class Group(ExceptionGroup):
    pass
class Layer(layers.Layer):
    def __init__(self, make):
        super().__init__()
        self.make = make
    def call(self, inputs):
        raise self.make()
class Deep(layers.Layer):
    def call(self, inputs):
        return self.call(inputs)
"""
MADE = (
    "Needs(where=1, why=2)", "Other(3)", "Slots('a', 1)", "ReadOnly('a')", "Silent('a')", "Noted('a')", "Strange('a')",
    "Asked('a')", "Unequal('a')", "Group('g', [ValueError(1), TypeError(2)])", "RecursionError('deep')",
    "MemoryError()", "ValueError()", "ValueError(x, y)", "KeyError('k')", "StopIteration(3)", "OSError(2, 'no', 'f')",
    "UnicodeDecodeError('utf-8', b'a', 0, 1, 'bad')", "SystemError(b'\\xff')", "ValueError('\\ud800[bold]')",
    "ValueError('z' * 2_000_000)",
)  # fmt: skip
RAISING = {
    "in a layer": "Layer(lambda: {0})(bad)\n",
    "beside it": "try:\n    model(bad)\nexcept Exception:\n    raise {0}\n",
    "from it": "try:\n    model(bad)\nexcept Exception as error:\n    raise {0} from error\n",
}


@pytest.mark.parametrize("where", RAISING)
def test_exceptions_stay_what_they_are(where: str, tmp_path: Path) -> None:
    """Type, args and text are the same with and without the guard, also for classes that allow nothing."""
    for made in MADE:
        program = CLASSES + RAISING[where].format(made)
        plain = harness.run(program, tmp_path, guarded=False)
        ran = harness.run(program, tmp_path)
        assert ran.kind == plain.kind, (made, ran.error)
        assert [type(one) for one in ran.error.args] == [type(one) for one in plain.error.args], made
        assert "kerasguard failed" not in ran.printed
        assert ran.seconds < plain.seconds + 4
        try:
            text = str(plain.error)
        except RuntimeError:
            continue
        assert str(ran.error) == text or len(text) > 10_000 or "tf." in text, made


def test_the_very_object_comes_out(tmp_path: Path) -> None:
    """What is raised beside Keras is the same object, with the same attributes, and can be copied and pickled."""
    kept = ValueError("kept", 3)
    kept.extra = 5  # type: ignore[attr-defined]
    ran = harness.run("def f():\n    raise kept\nf()\n", tmp_path, kept=kept)
    assert ran.error is kept
    assert vars(kept) == {"extra": 5}
    ran = harness.run("model(bad)\n", tmp_path)
    assert type(pickle.loads(pickle.dumps(ran.error))) is type(ran.error)  # noqa: S301 - our own
    assert str(copy.copy(ran.error)) == str(ran.error)


GRAPHS = {
    "a training loop": "model.fit(x, y, verbose=0)\n",
    "an evaluation": "model.evaluate(x, y, verbose=0)\n",
    "a model in a function": "tf.function(lambda t: checking(t))(x)\n",
    "a loss in a function": "tf.function(lambda t: model.loss(y, model(t)))(x)\n",
    "a dataset": "list(tf.data.Dataset.from_tensors(x).map(lambda t: checking(t)))\n",
}


@pytest.mark.parametrize("name", GRAPHS)
def test_messages_of_graphs(name: str, tmp_path: Path) -> None:
    """TensorFlow tells in its message which lines made the op that failed: ours are not among them."""
    program = (
        "class Late(keras.losses.Loss):\n"
        "    def call(self, y_true, y_pred):\n"
        "        tf.debugging.assert_equal(y_pred, 7.)\n"
        "        return tf.reduce_mean(y_pred)\n"
        "class Checking(layers.Layer):\n"
        "    def call(self, t):\n"
        "        tf.debugging.assert_equal(t, 7.)\n"
        "        return t\n"
        "checking = keras.Sequential([keras.Input((4,)), Checking()])\n"
        f"model.compile('sgd', Late())\n{GRAPHS[name]}"
    )
    plain, ran = (harness.run(program, tmp_path, guarded=which) for which in (False, True))
    assert ran.kind == plain.kind != harness.NO_ERROR
    texts = [re.sub(r"0x[0-9a-f]+|_\d+|(?<=Dataset:)\d+|\d{4,}", "", str(one.error)) for one in (plain, ran)]
    assert texts[0] == texts[1]


def test_stacks_of_ops_are_whole_again(tmp_path: Path) -> None:
    """Without the guard TensorFlow leaves out what it always did, in this thread and in others."""
    from tensorflow.python.util import tf_stack

    harness.run("model(x)\n", tmp_path)
    assert not vars(tf_stack.SentinelFilter).get("__init__")
    assert tf_stack.SentinelFilter().get_filtered_filenames() == frozenset()
    this = str(Path(__file__))
    assert this in {frame.filename for frame in tf_stack.extract_stack()}


def test_endless_recursion_ends_as_it_does(tmp_path: Path) -> None:
    """A layer that calls itself without end fails with RecursionError, and the guard adds no time to speak of."""
    program = CLASSES + "Deep()(bad)\n"
    plain = harness.run(program, tmp_path, guarded=False)
    ran = harness.run(program, tmp_path)
    assert ran.kind == plain.kind == "builtins.RecursionError"
    assert ran.seconds < plain.seconds + 4


@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "SystemExit(3)", "GeneratorExit", "Stop"])
def test_what_ends_the_program_goes_through(kind: str, tmp_path: Path) -> None:
    """An interrupt or an exit raised below an entry point is nobody's mistake."""
    program = CLASSES + f"class Stop(BaseException): pass\nLayer(lambda: {kind})(bad)\n"
    plain = harness.run(program, tmp_path, guarded=False)
    ran = harness.run(program, tmp_path)
    assert ran.kind == plain.kind
    assert ran.diagnosis is None


def test_shown_although_its_text_fails(tmp_path: Path) -> None:
    """The uncaught error is shown with a stand-in for its text, as Python does."""
    for made in ("Silent('a')", "Strange('a')", "Asked('a')"):
        ran = harness.run(CLASSES + f"raise {made}\n", tmp_path)
        stream = harness.Terminal()
        terminal.show_error(ran.error, None, stream)  # type: ignore[arg-type]
        assert type(ran.error).__name__ in stream.getvalue()


def test_chains_without_end(tmp_path: Path) -> None:
    """Exceptions that are each other's context, or stand in a chain of thousands, are explained all the same."""
    program = (
        "try:\n    model(bad)\nexcept Exception as error:\n    first = error\n"
        "    other = ValueError('other')\n    other.__context__ = first\n    first.__context__ = other\n    raise first\n"
    )
    assert harness.run(program, tmp_path).kind == "builtins.ValueError"
    links: Any = "e = None\nfor i in range(3000):\n    n = ValueError(i)\n    n.__cause__ = e\n    e = n\n"
    started = time.perf_counter()
    ran = harness.run(
        links + "try:\n    model(bad)\nexcept Exception as error:\n    error.__cause__ = e\n    raise\n", tmp_path
    )
    assert ran.diagnosis is not None
    assert time.perf_counter() - started < 6
