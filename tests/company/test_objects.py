"""Models, methods and settings under guard are what they are without it: copied, pickled, saved, traced, configured."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard
from tests.company.models import GOOD, ONE_SAMPLE, code, picture_model, refused

PREDICTING = {"verbose": 0}


def through_pickle(thing: Any) -> Any:
    """Return what comes out of a pickle."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own


def cloned(model: Any) -> Any:
    """Return a clone of a Keras 3 or tf_keras model."""
    package = type(model).__module__.partition(".")[0]
    models = tf.keras.models if package == "keras" else __import__("tf_keras").models
    return models.clone_model(model)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, through_pickle, cloned])
def test_models_are_copied(keras: Any, copied: Callable[[Any], Any]) -> None:
    """A copy of a model works, made under guard or not, used under guard or not, and its mistakes are explained."""
    outside = picture_model(keras)
    with kerasguard.guard():
        inside = picture_model(keras)
        copies = [copied(outside), copied(inside)]
        for model in copies:
            assert model(GOOD).shape == (2, 1)
            assert code(refused(model)) == "KG301"
    copies.append(copied(inside))
    for model in copies:
        assert model(GOOD).shape == (2, 1)
        assert code(refused(model)) is None


def test_models_are_saved_and_loaded(keras: Any, tmp_path: Path) -> None:
    """A model built and saved under guard is loaded without it, and the other way round; files do not mention us."""
    with kerasguard.guard():
        inside = picture_model(keras)
        inside.save(tmp_path / "inside.keras")
        inside.save_weights(tmp_path / "inside.weights.h5")
        config = inside.get_config()
    assert config == inside.get_config()
    assert "kerasguard" not in repr(config)
    again = keras.models.load_model(tmp_path / "inside.keras")
    again.load_weights(tmp_path / "inside.weights.h5")
    np.testing.assert_array_equal(again(GOOD), inside(GOOD))
    again.save(tmp_path / "outside.keras")
    with kerasguard.guard():
        loaded = keras.models.load_model(tmp_path / "outside.keras")
        np.testing.assert_array_equal(loaded(GOOD), inside(GOOD))
        assert code(refused(loaded)) == "KG301"
        inside.export(str(tmp_path / "exported"))
    served = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(served.serve(GOOD), inside(GOOD), atol=1e-6)


def test_methods_are_the_methods(keras: Any) -> None:
    """What can be done with a method of a model can be done with it under guard."""
    model = picture_model(keras)
    keras.Model.predict(model, GOOD, verbose=0)  # names and counters that the first call sets
    plain = repr(model.predict), repr(keras.Model.predict), inspect.signature(model.predict)
    with kerasguard.guard():
        assert (repr(model.predict), repr(keras.Model.predict), inspect.signature(model.predict)) == plain
        assert inspect.ismethod(model.predict)
        assert inspect.isfunction(keras.Model.predict)
        assert model.predict == model.predict
        assert len({model.predict, model.predict, model.fit}) == 2
        assert copy.copy(model.predict) == model.predict
        assert copy.deepcopy(model.predict).__self__ is not model
        assert copy.deepcopy(keras.Model.predict) == keras.Model.predict
        ways = [
            weakref.WeakMethod(model.predict)(),
            copy.deepcopy(model.predict),
            through_pickle(model.predict),
            through_pickle(functools.partial(model.predict, batch_size=1)),
            functools.partial(through_pickle(keras.Model.predict), model),
        ]
        for way in ways:
            assert way(GOOD, **PREDICTING).shape == (2, 1)
            with pytest.raises((ValueError, tf.errors.InvalidArgumentError)) as caught:
                way(ONE_SAMPLE, **PREDICTING)
            assert code(caught.value) == "KG301"
        dumped = pickle.dumps(model.predict)
    assert b"kerasguard" not in dumped
    kept = ways[0]
    assert kept(GOOD, **PREDICTING).shape == (2, 1)  # a method that was looked up under guard outlives it


def test_functions_are_traced_as_often(keras: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """The guard causes no trace more and no word of AutoGraph, whatever part of the model is made a function."""

    def traces(part: str) -> int:
        model = picture_model(keras)
        function = tf.function(model if part == "model" else getattr(model, part))
        for batch in (GOOD, GOOD, GOOD[:1], GOOD):
            function(tf.constant(batch))
        return int(function.experimental_get_tracing_count())

    parts = ("model", "__call__", "call")
    plain = [traces(part) for part in parts]
    with kerasguard.guard():
        guarded = [traces(part) for part in parts]
        function = tf.function(picture_model(keras))
        function(tf.constant(GOOD))
    function(tf.constant(GOOD))  # traced under guard, called without
    assert guarded == plain
    assert function.experimental_get_tracing_count() == 1
    assert "WARNING" not in capfd.readouterr().err


def test_training_is_the_same(keras: Any) -> None:
    """Losses, weights and predictions of a healthy run are equal bit by bit; fit traces its step as often."""

    def run() -> tuple[Any, ...]:
        keras.utils.set_random_seed(3)
        x, y = np.random.rand(12, 6, 6, 3).astype("float32"), np.random.rand(12, 1)  # noqa: NPY002 - Keras' seed
        model = picture_model(keras)
        history = model.fit(x, y, epochs=2, batch_size=4, verbose=0, validation_split=0.25)
        model.fit(x, y, batch_size=4, verbose=0)
        count = (
            model.train_function.experimental_get_tracing_count()
            if hasattr(model.train_function, "python_function")
            else 1
        )
        return history.history, model.get_weights(), model.predict(x, verbose=0), count, np.random.rand()  # noqa: NPY002

    plain = run()
    with kerasguard.guard():
        guarded = run()
    assert plain[0] == guarded[0]
    for before, after in zip([*plain[1], plain[2]], [*guarded[1], guarded[2]], strict=True):
        np.testing.assert_array_equal(before, after)
    assert plain[3:] == guarded[3:]


def test_mixed_precision(keras: Any) -> None:
    """Under a policy of mixed precision models are built, trained and explained as ever."""
    with kerasguard.guard():
        keras.mixed_precision.set_global_policy("mixed_float16")
        try:
            model = picture_model(keras)
            assert model(GOOD).dtype == tf.float16
            model.fit(GOOD, np.zeros((2, 1)), verbose=0)
            error = refused(model)
        finally:
            keras.mixed_precision.set_global_policy("float32")
    assert code(error) == "KG301"
    assert kerasguard.diagnose(error).fixes[0].status == "verified"


def test_another_float(keras: Any) -> None:
    """A float type that is set after install counts; explaining an error leaves it alone."""
    kerasguard.install()
    keras.backend.set_floatx("float64")
    keras.mixed_precision.set_global_policy("float64")
    try:
        model = picture_model(keras)
        assert model(GOOD).dtype == tf.float64
        assert code(refused(model)) == "KG301"
        assert keras.backend.floatx() == "float64"
    finally:
        keras.backend.set_floatx("float32")
        keras.mixed_precision.set_global_policy("float32")
        kerasguard.uninstall()


def test_tracebacks_unfiltered(keras: Any) -> None:
    """With Keras' filter switched off after install the error keeps every frame, and gets the same explanation."""
    kerasguard.install()
    switch = keras.config if hasattr(keras, "config") else tf.debugging
    model = picture_model(keras)
    filtered = kerasguard.diagnose(refused(model))
    switch.disable_traceback_filtering()
    try:
        error = refused(model)
    finally:
        switch.enable_traceback_filtering()
        kerasguard.uninstall()
    files = []
    traceback = error.__traceback__
    while traceback is not None:
        files.append(traceback.tb_frame.f_globals["__name__"])
        traceback = traceback.tb_next
    assert sum(name.startswith(("keras.", "tf_keras.")) for name in files) >= 2
    found = kerasguard.diagnose(error)
    assert (found.code, found.cause) == (filtered.code, filtered.cause)
