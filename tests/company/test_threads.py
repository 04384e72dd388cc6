"""Several threads at once: guards that come and go under load, mistakes that must not mix, errors that cross over."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard
from kerasguard.guarding import switch
from tests.company.models import FLAT_SERIES, GOOD, code, picture_model, refused, series_model

SECONDS = 1.5
WAIT_S = 60.0


def missing_batch_axis(keras: Any) -> None:
    """Call a model with one picture."""
    model = picture_model(keras, name="lonely")
    lonely_picture = np.zeros((6, 6, 3), "float32")
    model.predict(lonely_picture, verbose=0)


def wrong_sample_shape(keras: Any) -> None:
    """Train on one value per step where the model wants two."""
    model = series_model(keras, name="flat")
    flat_series = FLAT_SERIES
    model.fit(flat_series, np.zeros((4, 1)), verbose=0)


def different_lengths(keras: Any) -> None:
    """Train on more samples than labels."""
    model = picture_model(keras, name="uneven")
    few_labels = np.zeros((1, 1), "float32")
    model.fit(GOOD, few_labels, verbose=0)


def wrong_labels(keras: Any) -> None:
    """Train three classes on four."""
    vector = keras.Input((5,))
    model = keras.Model(vector, keras.layers.Dense(3, activation="softmax")(vector), name="classes")
    model.compile("sgd", "categorical_crossentropy")
    four_classes = np.eye(4, dtype="float32")
    model.fit(np.zeros((4, 5), "float32"), four_classes, verbose=0)


MISTAKES: dict[Callable[[Any], None], tuple[str, str]] = {
    missing_batch_axis: ("KG301", "lonely_picture"),
    wrong_sample_shape: ("KG309", "flat_series"),
    different_lengths: ("KG321", "few_labels"),
    wrong_labels: ("KG403", "four_classes"),
}


def run_all(work: list[Callable[[], None]]) -> None:
    """Run functions in threads of their own, begun at the same moment; raise what the first one raised."""
    barrier = threading.Barrier(len(work))

    def begin(function: Callable[[], None]) -> None:
        barrier.wait(WAIT_S)
        function()

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(begin, function) for function in work]:
            future.result(WAIT_S)


def test_guards_come_and_go_under_load(keras: Any) -> None:
    """While threads call, train and fail, others install, uninstall, open and close: each error is Keras' own."""
    models = [picture_model(keras) for _ in range(2)]
    plain = [refused(model) for model in models]
    end = time.monotonic() + SECONDS
    rounds, explained = itertools.count(), []

    def load(model: Any, expected: BaseException) -> None:
        while time.monotonic() < end:
            assert model(GOOD).shape == (2, 1)
            error = refused(model)
            assert (type(error), error.args) == (type(expected), expected.args)
            assert len(getattr(error, "__notes__", ())) <= 1
            explained.append(code(error))
            model.train_on_batch(GOOD, np.zeros((2, 1), "float32"))

    def switching() -> None:
        while time.monotonic() < end:
            next(rounds)
            kerasguard.install()
            time.sleep(0.01)
            kerasguard.uninstall()

    def opening() -> None:
        while time.monotonic() < end:
            with kerasguard.guard(), kerasguard.guard(checks=False):
                next(rounds)

    run_all([*(lambda m=m, p=p: load(m, p) for m, p in zip(models, plain, strict=True)), switching, switching, opening])
    kerasguard.uninstall()
    assert next(rounds) > 10
    assert set(explained) <= {None, "KG301"}
    assert "KG301" in explained
    assert gc.isenabled()
    assert switch._requests == 0
    assert all(code(refused(model)) is None for model in models)


def test_mistakes_do_not_mix(keras: Any) -> None:
    """Different mistakes in threads at the same time: each error says what it says alone."""
    found: list[tuple[Callable[[Any], None], BaseException]] = []

    def make(mistake: Callable[[Any], None]) -> None:
        try:
            mistake(keras)
        except Exception as error:  # noqa: BLE001 - what it is is compared below
            found.append((mistake, error))

    with kerasguard.guard():
        run_all([lambda mistake=mistake: make(mistake) for mistake in MISTAKES for _ in range(2)])
    assert len(found) == 2 * len(MISTAKES)
    for mistake, error in found:
        wanted, offender = MISTAKES[mistake]
        diagnosis = kerasguard.diagnose(error)
        assert diagnosis is not None
        assert diagnosis.code == wanted, mistake
        assert offender in {one.name for one in diagnosis.offenders}, mistake
        assert diagnosis.crash.function == mistake.__name__
        assert {step.place.function for step in diagnosis.trace} <= {mistake.__name__, "<module>"}
        assert len(error.__notes__) == 1
    assert gc.isenabled()


def test_an_error_crosses_threads(keras: Any) -> None:
    """What a worker raised is explained there, once, and is the same object where its result is asked for."""
    with kerasguard.guard(), ThreadPoolExecutor(1) as pool:
        future = pool.submit(missing_batch_axis, keras)
        error = future.exception(WAIT_S)
        with pytest.raises(type(error)) as caught, kerasguard.guard():
            future.result(WAIT_S)
        assert caught.value is error
    assert code(error) == "KG301"
    assert len(error.__notes__) == 1


def test_a_thread_dies_of_it(keras: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that ends a thread is printed by Python's own hook with its explanation, also if no method raised it."""

    def multiply() -> None:
        left = tf.zeros((2, 3))
        tf.matmul(left, left)

    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # pytest has put its own there
    kerasguard.install()
    for mistake in (lambda: missing_batch_axis(keras), multiply):
        thread = threading.Thread(target=mistake)
        thread.start()
        thread.join(WAIT_S)
    kerasguard.uninstall()
    printed = capsys.readouterr().err
    assert printed.count("Exception in thread") == 2
    assert printed.count("KG301 missing-batch-axis") == 1
    assert printed.count("python -m kerasguard explain") == 2
    thread = threading.Thread(target=multiply)
    thread.start()
    thread.join(WAIT_S)
    printed = capsys.readouterr().err
    assert "Exception in thread" in printed
    assert "kerasguard explain" not in printed


def test_tasks_that_fail(keras: Any) -> None:
    """Tasks, groups of tasks and decorated coroutines hand on errors that are explained once each."""

    async def mistaken(mistake: Callable[[Any], None]) -> None:
        await asyncio.sleep(0)
        mistake(keras)

    async def gathered() -> list[BaseException]:
        return list(await asyncio.gather(*map(mistaken, MISTAKES), return_exceptions=True))

    async def grouped() -> None:
        async with asyncio.TaskGroup() as group:
            for mistake in (missing_batch_axis, different_lengths):
                group.create_task(mistaken(mistake))

    with kerasguard.guard():
        errors = asyncio.run(gathered())
        with pytest.raises(ExceptionGroup) as caught, kerasguard.guard():
            asyncio.run(grouped())
    assert [code(error) for error in errors] == [wanted for wanted, _ in MISTAKES.values()]
    assert [code(error) for error in caught.value.exceptions] == ["KG301", "KG321"]
    assert all(len(error.__notes__) == 1 for error in (*errors, *caught.value.exceptions))
    assert code(caught.value) is None
    assert not hasattr(caught.value, "__notes__")
    with pytest.raises(type(errors[0])) as alone:
        asyncio.run(kerasguard.guard()(mistaken)(missing_batch_axis))
    assert code(alone.value) == "KG301"
    assert switch._installation is None
