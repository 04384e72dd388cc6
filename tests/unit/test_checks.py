"""Mistakes that raise nothing are said as warnings: the right ones, once, and none where the program is correct."""

from __future__ import annotations

import functools
import gc
import json
import timeit
import warnings
import weakref
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard
from kerasguard.guarding import checks, switch
from tests.conftest import Python
from tests.unit import correct_programs, silent_losses
from tests.unit.silent_programs import PROGRAMS, codes_of, dense, numbers

ALL = {**PROGRAMS, **silent_losses.PROGRAMS, **correct_programs.PROGRAMS}
# A file of programs prints, when it runs on its own, what each of them warns of.
FILES = {
    "silent_programs": PROGRAMS,
    "silent_losses": silent_losses.PROGRAMS,
    "correct_programs": correct_programs.PROGRAMS,
}


@pytest.mark.parametrize("name", ALL)
def test_warns_of_its_mistake_and_of_nothing_else(name: str) -> None:
    """A program warns of just the codes that belong to it."""
    program, codes = ALL[name]
    assert codes_of(program) == codes


@pytest.mark.parametrize("name", FILES)
def test_warnings_under_tf_keras(name: str, python: Python) -> None:
    """Every program warns of its mistake under the other Keras, too."""
    done = python(["-m", f"tests.unit.{name}"], environment={"TF_USE_LEGACY_KERAS": "1"}, timeout=300)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert set(said) == set(FILES[name])
    wrong = {program: (codes, expected) for program, (codes, expected) in said.items() if codes != expected}
    assert wrong == {}


def broadcasting() -> Any:
    """Compile a model with one unit and fit it to three columns."""
    model = dense(1)
    model.compile("sgd", "mse")
    model.fit(numbers(8, 4), numbers(8, 3), verbose=0)
    return model


def kerasguards(caught: list[warnings.WarningMessage]) -> list[warnings.WarningMessage]:
    """Return the warnings of kerasguard."""
    return [one for one in caught if one.category is kerasguard.KerasGuardWarning]


def test_points_at_the_users_call() -> None:
    """The warning carries its diagnosis and stands at the line of the user's own call."""
    with warnings.catch_warnings(record=True) as caught, kerasguard.guard():
        warnings.simplefilter("always")
        broadcasting()
    (found,) = kerasguards(caught)
    assert found.filename == __file__
    assert isinstance(found.message, kerasguard.KerasGuardWarning)
    assert str(found.message).startswith("KG702 labels-broadcast-over-columns: ")
    diagnosis = found.message.diagnosis
    assert diagnosis is not None
    assert diagnosis.cause is not None
    assert "dense(1)" in diagnosis.cause.code or "layers.Dense" in diagnosis.cause.code
    assert diagnosis.exception is None
    assert diagnosis in switch.warnings_seen()
    assert all(fix.status == "unverified" for fix in diagnosis.fixes)


def test_says_a_mistake_once_per_place() -> None:
    """The same lines warn once, however often they run while the guard is open."""
    with warnings.catch_warnings(record=True) as caught, kerasguard.guard():
        warnings.simplefilter("always")
        broadcasting()
        broadcasting()
    assert len(kerasguards(caught)) == 1


@pytest.mark.parametrize("outer", [True, False])
def test_checks_can_be_switched_off(outer: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """The innermost guard decides whether checks run."""
    with warnings.catch_warnings(record=True) as caught, kerasguard.guard(checks=outer):
        warnings.simplefilter("always")
        with kerasguard.guard(checks=not outer):
            broadcasting()
    assert len(kerasguards(caught)) == (0 if outer else 1)


def test_a_filter_turns_the_warning_into_an_error() -> None:
    """What the user's filter raises comes out as it is, with its diagnosis."""
    with warnings.catch_warnings(), kerasguard.guard():
        warnings.simplefilter("error", kerasguard.KerasGuardWarning)
        with pytest.raises(kerasguard.KerasGuardWarning) as caught:
            broadcasting()
    diagnosis = kerasguard.diagnose(caught.value)
    assert diagnosis is not None
    assert diagnosis.code == "KG702"


def test_a_model_compiled_anew_is_looked_at_again() -> None:
    """After another `compile` the first call counts as first again."""
    with warnings.catch_warnings(record=True) as caught, kerasguard.guard():
        warnings.simplefilter("always")
        model = dense(1)
        model.compile("sgd", "mse")
        model.fit(numbers(8, 4), numbers(8), verbose=0)
        model.fit(numbers(8, 4), numbers(8), verbose=0)
        assert not kerasguards(caught)
        model.compile("sgd", "mse")
        model.fit(numbers(8, 4), numbers(8, 2), verbose=0)
    assert len(kerasguards(caught)) == 1


def test_nothing_is_kept_alive() -> None:
    """Neither the model nor the data of a program that was looked at outlives it, even in a function that goes on."""
    with warnings.catch_warnings(), kerasguard.guard():
        warnings.simplefilter("ignore")
        x, model = numbers(8, 4), dense(1)
        model.compile("sgd", "mse", run_eagerly=True)
        model.fit(x, numbers(8, 3), verbose=0)
        alive = weakref.ref(x), weakref.ref(model)
        x = model = None
        gc.collect()
        assert [one() for one in alive] == [None, None]


def test_a_gradient_costs_nothing_after_the_first() -> None:
    """A line that was looked at is found again without a look at it."""
    tape = functools.partial(checks.at_gradient, lambda: None, None, (), {})
    with kerasguard.guard():
        checks.wish(tape, True)
        try:
            seconds = min(timeit.repeat(tape, number=2_000, repeat=5)) / 2_000
        finally:
            checks.withdraw(tape)
    assert seconds < 20e-6


def test_autograph_says_nothing_of_us(capfd: pytest.CaptureFixture[str]) -> None:
    """A gradient in a `tf.function` gives no message about wrapped functions."""
    model = dense(1)

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(keras_mse(y, model(x)))
        return tape.gradient(value, model.trainable_variables)

    keras_mse = tf.keras.losses.MeanSquaredError()
    with kerasguard.guard():
        step(tf.constant(numbers(4, 4)), tf.constant(np.ones((4, 1), "float32")))
    shown = "".join(capfd.readouterr())
    assert "wrapt" not in shown
    assert "AutoGraph" not in shown
