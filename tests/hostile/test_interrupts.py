"""Ctrl-C and sys.exit during an explanation go through at once, and leave nothing behind."""

from __future__ import annotations

import gc
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard
from kerasguard.diagnosis import engine
from kerasguard.guarding import boundary
from tests.hostile import harness

LAYER = """
turns = []
class Layer(layers.Layer):
    def call(self, inputs):
        turns.append(1)
        if len(turns) > 1:
            raise ending
        return layers.Dense(1)(tf.reshape(inputs, (-1, 3)))
mine = keras.Sequential([keras.Input((4,)), layers.Dense(5), layers.Dense(6)])
"""


@pytest.fixture
def model() -> Any:
    """Return a small compiled model."""
    built = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dropout(0.5), tf.keras.layers.Dense(1)])
    built.compile("adam", "mse", metrics=["mae"])
    return built


def state(model: Any) -> tuple[Any, ...]:
    """Return all that an explanation could leave behind."""
    names = [sorted(vars(layer)) for layer in (model, *model.layers)]
    numbers = [weight.tobytes() for weight in model.get_weights()]
    return (
        names, numbers, random.getstate(), np.random.get_state()[1].tobytes(), boundary.outermost(), boundary.open_call(),  # noqa: NPY002
        gc.isenabled(), sys.stdout, sys.stderr, tf.executing_eagerly(), model.built,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Whatever happened, the next error is explained as always."""
    yield
    with pytest.raises(ValueError, match="incompatible") as caught, kerasguard.guard():
        tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1)])(np.zeros((2, 5)))
    assert kerasguard.diagnose(caught.value) is not None


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("where", ["_findings", "_tried", "_winner", "_diagnosis"])
def test_at_every_stage(ending: type[BaseException], where: str, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interrupt comes out as itself; the user's error is its context."""

    def stop(*_: Any) -> Any:
        raise ending

    before = state(model)
    monkeypatch.setattr(engine, where, stop)
    with pytest.raises(ending) as caught, kerasguard.guard():
        model(np.zeros((2, 5), "float32"))
    monkeypatch.undo()
    assert isinstance(caught.value.__context__, ValueError)
    assert kerasguard.diagnose(caught.value) is None
    assert state(model) == before


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit])
def test_inside_a_trial(ending: type[BaseException], tmp_path: Path) -> None:
    """An exit in a layer that runs a second time, in a trial, is the user's to have."""
    program = LAYER + "layer = Layer()\nlayer.built = True\nlayer(x)\n"
    ran = harness.run(program, tmp_path, ending=ending())
    assert ran.kind in {f"builtins.{ending.__name__}", "tensorflow.python.framework.errors_impl.InvalidArgumentError"}
    assert boundary.outermost()


def test_at_any_moment(model: Any) -> None:
    """A signal that arrives anywhere in an explanation ends it at once, with everything put back."""
    before = state(model)
    data, labels = np.zeros((6, 5), "float32"), np.zeros((6, 1))
    ends = {"interrupted": 0, "explained": 0}
    rng = random.Random(4)  # noqa: S311 - moments, no secrets

    def ring(*_: object) -> None:
        raise KeyboardInterrupt

    held = signal.signal(signal.SIGALRM, ring)
    try:
        for _ in range(25):
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.001, 0.12))
            started = time.monotonic()
            try:
                with kerasguard.guard():
                    model.evaluate(data, labels, verbose=0)
            except KeyboardInterrupt:
                ends["interrupted"] += 1
            except Exception:  # noqa: BLE001 - TensorFlow turns some interrupts into errors of its own
                ends["explained"] += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert time.monotonic() - started < 10
            assert state(model)[4:] == before[4:]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, held)
    assert sum(ends.values()) == 25
    now = state(model)
    assert now[1] == before[1]
    assert now[2] == before[2]
