"""What the guard costs a program that has no mistake: calls, training, and memory over many calls."""

from __future__ import annotations

import gc
import importlib
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard
from kerasguard.adapters.patch_points import Point
from kerasguard.guarding import switch
from kerasguard.guarding.patches import PatchPoint, PatchSet
from tests.bench.measure import held, in_turns

STEPS, BATCH = 300, 8


@pytest.fixture(params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    """Return each Keras."""
    return importlib.import_module(request.param)


def small_model(keras: Any) -> Any:
    """Return a compiled model that does next to nothing."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


class _Empty:
    """A class with two methods that do nothing, one of them guarded like an entry point of Keras."""

    def plain(self) -> None:
        """Do nothing."""

    def fit(self) -> None:
        """Do nothing, guarded."""


def test_an_empty_guarded_call(benchmark: Any) -> None:
    """The wrapper of an entry point costs at most two microseconds."""
    patches = PatchSet()
    body = switch._body(Point(_Empty, "fit", "guard", "fit"))
    patches.apply([PatchPoint(_Empty, "fit", body, switch._ENABLED["guard"])])
    empty, calls, added = _Empty(), 20_000, []

    def turn() -> None:
        marks = [time.process_time()]
        for method in (empty.plain, empty.fit):
            for _ in range(calls):
                method()
            marks.append(time.process_time())
        added.append((marks[2] - 2 * marks[1] + marks[0]) / calls * 1e6)

    benchmark.pedantic(turn, rounds=9)
    patches.undo()
    held(benchmark, "an empty guarded call", min(added), 2, "µs more")


def test_calling_a_small_model(benchmark: Any, keras: Any) -> None:
    """`model(x)` of two Dense layers takes at most 2 % longer."""
    model, batch = small_model(keras), tf.zeros((BATCH, 4))
    turns = in_turns(benchmark, lambda: model(batch), rounds=31, repeats=150)
    held(benchmark, f"`model(x)`, two Dense layers ({keras.__name__})", turns.ratio(), 1.02, "times")


def test_training(benchmark: Any, keras: Any) -> None:
    """A `fit` of 300 steps after the first takes at most 1 % longer."""
    model = small_model(keras)
    x, y = np.zeros((STEPS * BATCH, 4), "float32"), np.zeros((STEPS * BATCH, 2), "float32")
    turns = in_turns(benchmark, lambda: model.fit(x, y, batch_size=BATCH, verbose=0), rounds=12)
    held(benchmark, f"`fit` of {STEPS} steps ({keras.__name__})", turns.ratio(), 1.01, "times")


def test_many_calls_leave_nothing(benchmark: Any, keras: Any) -> None:
    """100,000 guarded calls, some of which warn or fail, do not make the guard's memory grow."""
    calls = 100_000
    layer = keras.layers.Identity() if hasattr(keras.layers, "Identity") else keras.layers.Activation("linear")
    compute_nothing = layer.compute_dtype  # built by the first call below
    assert compute_nothing
    patches = PatchSet()
    body = switch._body(Point(_Empty, "fit", "guard", "fit"))
    patches.apply([PatchPoint(_Empty, "fit", body, switch._ENABLED["guard"])])
    empty, batch = _Empty(), tf.zeros((1, 2))
    with kerasguard.guard():
        for _ in range(100):
            empty.fit()
            layer(batch)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]

        def turn() -> None:
            for _ in range(calls):
                empty.fit()
            for _ in range(calls // 100):
                layer(batch)

        benchmark.pedantic(turn, rounds=1)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
    patches.undo()
    held(benchmark, f"growth over {calls:,} guarded calls ({keras.__name__})", grown / 1024, 64, "kB")
