"""Errors that the program deals with itself: caught, suppressed, kept, raised again, counted, forgotten."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import logging
import pickle
import traceback
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard
from kerasguard.guarding import boundary, switch
from tests.company.models import GOOD, ONE_SAMPLE, code, picture_model, refused

LABELS = np.zeros((2, 1), "float32")


def test_training_goes_on(keras: Any, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A caught mistake prints nothing, is no failure of the run, and leaves weights and later calls as they were."""
    report = tmp_path / "report.json"
    model = picture_model(keras)
    weights = model.get_weights()
    kerasguard.install(report=report)
    with contextlib.suppress(ValueError, tf.errors.InvalidArgumentError):
        model.fit(ONE_SAMPLE, LABELS[:1], verbose=0)
    try:  # noqa: SIM105 - both ways in which programs write it
        model.evaluate(ONE_SAMPLE, LABELS[:1], verbose=0)
    except (ValueError, tf.errors.InvalidArgumentError):
        pass
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert "loss" in model.fit(GOOD, LABELS, verbose=0).history
    kerasguard.uninstall()
    assert capfd.readouterr() == ("", "")
    assert json.loads(report.read_text(encoding="utf-8"))["diagnosis"] is None


def test_raised_again_later(keras: Any) -> None:
    """The same exception raised a second time, also out of another guarded call, keeps its one explanation."""
    with kerasguard.guard():
        error = refused(picture_model(keras))
        first = kerasguard.diagnose(error)

        class Late(keras.layers.Layer):
            def call(self, x: Any) -> Any:  # noqa: ARG002 - the name of Keras
                raise error

        for again in (lambda: _throw(error), lambda: Late()(GOOD)):
            with pytest.raises(type(error)) as caught, kerasguard.guard():
                again()
            found = kerasguard.diagnose(caught.value)
            assert dataclasses.replace(found, exception=None) == dataclasses.replace(first, exception=None)
            assert len(caught.value.__notes__) == 1


def _throw(error: BaseException, cause: BaseException | None = None) -> None:
    raise error from cause


class TrainingFailedError(Exception):
    """A program's own word for it."""


def test_wrapped_by_the_program(keras: Any) -> None:
    """An exception of the program's own that names ours as its cause has the diagnosis; the text stands there once."""

    @kerasguard.guard()
    def train() -> None:
        try:
            picture_model(keras)(ONE_SAMPLE)
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            raise TrainingFailedError("model 7") from error

    with pytest.raises(TrainingFailedError) as caught:
        train()
    assert code(caught.value) == "KG301"
    printed = "".join(traceback.format_exception(caught.value))
    assert printed.count("KG301 missing-batch-axis") == 1
    assert str(caught.value) == "model 7"


def test_an_error_of_the_program_while_handling_ours(keras: Any) -> None:
    """A mistake in the handler is another mistake."""

    @kerasguard.guard()
    def train() -> None:
        try:
            picture_model(keras)(ONE_SAMPLE)
        except (ValueError, tf.errors.InvalidArgumentError):
            {}["seven"]

    with pytest.raises(KeyError) as caught:
        train()
    assert code(caught.value) is None
    assert code(caught.value.__context__) == "KG301"


def test_groups(keras: Any) -> None:
    """A group of explained errors is split and printed with the explanation of each, and gets none itself."""
    with kerasguard.guard():
        parts = [refused(picture_model(keras)), refused(picture_model(keras)), OSError("disk")]
        with pytest.raises(ExceptionGroup) as caught, kerasguard.guard():
            raise ExceptionGroup("all of them", parts)
    assert code(caught.value) is None
    printed = "".join(traceback.format_exception(caught.value))
    assert printed.count("KG301 missing-batch-axis") == 2
    ours, others = caught.value.split(lambda error: kerasguard.diagnose(error) is not None)
    assert (len(ours.exceptions), len(others.exceptions)) == (2, 1)


def test_logged(keras: Any, caplog: pytest.LogCaptureFixture) -> None:
    """`logging.exception` writes traceback and explanation, once each."""
    with kerasguard.guard():
        try:
            picture_model(keras)(ONE_SAMPLE)
        except (ValueError, tf.errors.InvalidArgumentError):
            logging.getLogger("program").exception("no picture")
    assert caplog.text.count("Traceback (most recent call last)") == 1
    assert caplog.text.count("KG301 missing-batch-axis") == 1


def test_pickled_and_unpickled(keras: Any) -> None:
    """An explained exception arrives with its type, args, notes and diagnosis."""
    with kerasguard.guard():
        error = refused(picture_model(keras))
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(arrived), arrived.args, str(arrived)) == (type(error), error.args, str(error))
    assert arrived.__notes__ == error.__notes__
    assert kerasguard.diagnose(arrived) == kerasguard.diagnose(error)


def test_caught_inside_a_layer(keras: Any, tmp_path: Path) -> None:
    """An error that a layer of the program catches and keeps is as light and as portable as without us."""
    kept: list[BaseException] = []

    class Careful(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            try:
                return keras.layers.Conv2D(1, 3)(x)
            except ValueError as error:
                kept.append(error)
                return x

    with kerasguard.guard():
        Careful()(tf.zeros((2, 3)))
        with pytest.raises(OSError, match="none") as caught:
            picture_model(keras).load_weights(tmp_path / "none.weights.h5")
        kept.append(caught.value)
    for error in kept:
        arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert (type(arrived), str(arrived)) == (type(error), str(error))
        assert code(error) is None


@pytest.mark.parametrize("entry", ["__call__", "fit", "predict"])
def test_nothing_is_kept(keras: Any, entry: str) -> None:
    """With the exception gone, model and data are free, though the diagnosis is kept and the guard is on."""
    with kerasguard.guard():
        model, data = picture_model(keras), np.zeros((6, 6, 3), "float32").view(_Array)
        more = {} if entry == "__call__" else {"verbose": 0}
        arguments = (data, LABELS[:1]) if entry == "fit" else (data,)
        alive = [weakref.ref(model), weakref.ref(model.layers[-1]), weakref.ref(data)]
        diagnosis = None
        try:
            getattr(model, entry)(*arguments, **more)
        except (ValueError, tf.errors.InvalidArgumentError) as error:
            diagnosis = kerasguard.diagnose(error)
        assert diagnosis is not None
        del model, data, arguments
        gc.collect()
        assert [one() is None for one in alive] == [True] * 3


class _Array(np.ndarray):
    """An array that can be watched."""


def test_generators_are_left_where_keras_left_them(keras: Any) -> None:
    """A failing fit draws as many batches as without us; explaining it draws none, closes nothing."""

    def batches(drawn: list[int]) -> Iterator[Any]:
        for turn in range(50):
            drawn.append(turn)
            yield (GOOD, LABELS) if turn < 3 else (GOOD[..., 0], LABELS)

    def failing(drawn: list[int]) -> tuple[Any, BaseException]:
        generator = batches(drawn)
        with pytest.raises((ValueError, tf.errors.InvalidArgumentError, TypeError)) as caught:
            picture_model(keras).fit(generator, steps_per_epoch=40, verbose=0)
        return generator, caught.value

    plain, guarded = [], []
    left, _ = failing(plain)
    with kerasguard.guard():
        kept, error = failing(guarded)
        assert (kept.gi_frame is None) == (left.gi_frame is None)
    assert abs(len(guarded) - len(plain)) <= 1  # Keras draws ahead, in threads of its own
    assert code(error) is not None


def test_generators_left_half_consumed(keras: Any) -> None:
    """A guarded generator holds the guard from its first step until it is exhausted, closed or dropped."""

    @kerasguard.guard()
    def predictions() -> Iterator[Any]:
        model = picture_model(keras)
        yield model(GOOD)
        yield model(ONE_SAMPLE)

    half = predictions()
    assert switch._installation is None
    next(half)
    assert switch._installation is not None
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)) as caught:
        next(half)
    assert code(caught.value) == "KG301"
    assert switch._installation is None
    closed, dropped = predictions(), predictions()
    next(closed)
    next(dropped)
    closed.close()
    assert switch._installation is not None
    del dropped
    gc.collect()
    assert switch._installation is None


def test_one_guard_inside_itself() -> None:
    """A guard object that is opened twice is closed twice."""
    again = kerasguard.guard()
    with again:
        with again:
            pass
        assert switch._installation is not None
    assert switch._installation is None


@pytest.mark.parametrize("way", [lambda error: error, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_explained_in_another_place(keras: Any, way: Callable[[BaseException], BaseException]) -> None:
    """What was caught is diagnosed long after its guard has closed."""
    with kerasguard.guard():
        error = refused(picture_model(keras))
    assert code(way(error)) == "KG301"


def test_a_search_that_lives_with_failures(keras: Any) -> None:
    """A line that fails all the time costs no explanation each time; an error that somebody asks for is explained."""
    model = picture_model(keras)
    plain = refused(model)
    with kerasguard.guard():
        errors = [refused(model) for _ in range(boundary.EXPLAINED_AT_ONCE + 40)]
        notes = [len(getattr(error, "__notes__", ())) for error in errors]
        assert notes == [1] * boundary.EXPLAINED_AT_ONCE + [0] * 40
        assert all(error.args == plain.args for error in errors)
        asked = kerasguard.diagnose(errors[-1])
        assert asked == kerasguard.diagnose(errors[0])
        assert asked.fixes[0].status == "verified"
        assert kerasguard.diagnose(errors[-1]) is asked
        with pytest.raises(type(plain)) as caught, kerasguard.guard():
            raise errors[-2]
        assert caught.value is errors[-2]
        assert len(errors[-2].__notes__) == 1
        assert pickle.loads(pickle.dumps(errors[-3])).args == plain.args  # noqa: S301 - our own
        assert code(refused(model)) == "KG301"  # another line
    with kerasguard.guard():
        assert len(refused(model).__notes__) == 1
