"""`kerasguard.check`: a dry run that says what fit or predict would refuse, and leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard
from tests.conftest import Python
from tests.unit.silent_programs import dense, numbers

keras, layers = tf.keras, tf.keras.layers
ROWS = 20
X, Y = numbers(ROWS, 4), np.arange(ROWS) % 3


def classifier() -> Any:
    """Return a compiled model for three classes."""
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8), layers.Dropout(0.5), layers.Dense(3, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def codes(*args: Any, **kwargs: Any) -> list[str]:
    """Return the codes that `check` gives."""
    return [one.code for one in kerasguard.check(*args, **kwargs)]


def pairs(x: Any = X, y: Any = Y) -> Any:
    """Return a dataset of rows."""
    return tf.data.Dataset.from_tensor_slices((x, y))


MISTAKES = {
    "one sample": ((X[0],), {}, ["KG301"]),
    "one-hot labels": ((X, np.eye(3)[Y]), {}, ["KG401"]),
    "labels from 1": ((X, Y + 1), {}, ["KG404"]),
    "too few rows": ((X[:10], Y), {}, ["KG321"]),
    "rows not batched": ((pairs(),), {}, ["KG303"]),
    "a class without weight": ((X, Y), {"class_weight": {0: 1.0, 1: 2.0}}, ["KG732"]),
}
GOOD = {
    "arrays": ((X, Y), {}),
    "data alone": ((X,), {}),
    "weights": ((X, Y, np.ones(ROWS)), {}),
    "validation": ((X, Y), {"validation_data": (X, Y), "batch_size": 6}),
    "batches": ((pairs().batch(7),), {}),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_finds_the_mistake(name: str) -> None:
    """What fit would refuse or misread comes back as a diagnosis at the line of the check."""
    args, options, expected = MISTAKES[name]
    found = kerasguard.check(classifier(), *args, **options)
    assert [one.code for one in found] == expected
    assert found[0].cause is not None
    assert found[0].cause.filename == __file__


@pytest.mark.parametrize("name", GOOD)
def test_accepts_what_fit_accepts(name: str) -> None:
    """Data that fits gives an empty list."""
    args, options = GOOD[name]
    assert kerasguard.check(classifier(), *args, **options) == []


def test_names_the_users_variable_and_the_exception() -> None:
    """The diagnosis is that of the call itself: the user's names, and the exception that fit would raise."""
    model, too_wide = classifier(), numbers(ROWS, 5)
    (found,) = kerasguard.check(model, too_wide, Y)
    assert "too_wide" in {one.name for one in found.offenders}
    assert found.exception is not None
    assert found.exception.type == "ValueError"


def test_validation_data_is_tried_too() -> None:
    """What only the validation would refuse is found."""
    assert codes(classifier(), X, Y, validation_data=(X[:, :3], Y))


def test_silent_mistake_of_an_unbuilt_model() -> None:
    """A model that was never called is judged as well, and stays unbuilt."""
    model = keras.Sequential([layers.Dense(8), layers.Dense(1)])
    model.compile("adam", "mse")
    assert codes(model, X, np.eye(3)[Y]) == ["KG702"]
    assert not model.built
    assert not any(layer.built for layer in model.layers)
    assert codes(model, X, Y) == []


def test_an_uncompiled_model_is_refused() -> None:
    """With labels the model has to be compiled."""
    assert codes(dense(1), X, Y)


def test_leaves_nothing_behind() -> None:
    """Weights, optimizer and random numbers are what they were."""
    model = classifier()
    weights, variables = model.get_weights(), len(model.optimizer.variables)
    tf.random.set_seed(3)
    kerasguard.check(model, X, Y)
    drawn = tf.random.uniform(()).numpy()
    tf.random.set_seed(3)
    assert drawn == tf.random.uniform(()).numpy()
    assert len(model.optimizer.variables) == variables
    assert all((a == b).all() for a, b in zip(weights, model.get_weights(), strict=True))


def test_a_generator_is_never_asked() -> None:
    """A generator keeps all its items; of it nothing can be said."""

    def rows() -> Iterator[Any]:
        yield numbers(5, 9), np.zeros(5)

    given = rows()
    assert codes(classifier(), given) == []
    assert len(list(given)) == 1


def test_one_batch_where_specs_do_not_tell() -> None:
    """Of a dataset that declares no sizes one element is drawn, by an iterator of our own."""
    drawn: list[int] = []

    def rows() -> Iterator[Any]:
        for index in range(50):
            drawn.append(index)
            yield numbers(5, 9), np.zeros(5, "int64")

    open_sizes = (tf.TensorSpec((None, None), tf.float32), tf.TensorSpec((None,), tf.int64))
    given = tf.data.Dataset.from_generator(rows, output_signature=open_sizes)
    assert codes(classifier(), given)
    assert len(drawn) < 3


def test_item_of_a_sequence() -> None:
    """Item 0 of a Sequence tells its shapes."""

    class Batches(keras.utils.Sequence):  # type: ignore[misc]  # keras has no types
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> Any:
            return numbers(5, 9), np.zeros(5)

    assert codes(classifier(), Batches())


def test_same_answers_under_tf_keras(python: Python, tmp_path: Any) -> None:
    """The mistakes and the good calls give the same under the other Keras."""
    script = tmp_path / "both.py"
    script.write_text(
        "import tensorflow as tf\n"
        "keras = tf.keras.Model  # before the tests, which reset the environment\n"
        "from tests.unit.test_check_function import *\n"
        "for args, options, expected in MISTAKES.values():\n"
        "    assert codes(classifier(), *args, **options) == expected, expected\n"
        "for args, options in GOOD.values():\n"
        "    assert not kerasguard.check(classifier(), *args, **options)\n"
        "test_silent_mistake_of_an_unbuilt_model()\n"
        "test_a_generator_is_never_asked()\n"
        "test_item_of_a_sequence()\n"
        "print(keras.Model.__module__)\n",
        encoding="utf-8",
    )
    done = python([script], environment={"TF_USE_LEGACY_KERAS": "1"}, timeout=200)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("tf_keras"), sys.version
