"""Mistakes of the labels and mistakes of the data, each made on several ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import kerasguard

keras = tf.keras
layers = tf.keras.layers
RNG = np.random.default_rng(3)
ROWS, SIZE, CLASSES = 12, 6, 3
LABELS = np.arange(ROWS) % CLASSES
LABEL_CODES = ("KG4",)
INPUT_CODES = ("KG2", "KG3", "KG5")

Way = Callable[[Any, Any, Any], Any]


def numbers(*shape: int) -> Any:
    """Return an array."""
    return RNG.random(shape).astype("float32")


def model_with(units: int, loss: Any, activation: str | None = None, shape: tuple[int, ...] = (SIZE,)) -> Any:
    """Return a compiled model of two layers."""
    data = keras.Input(shape, name="features")
    tensor = layers.Dense(units, activation=activation, name="head")(layers.Dense(4, name="body")(data))
    model = keras.Model(data, tensor)
    model.compile("sgd", loss)
    return model


def classifier() -> Any:
    """Return a classifier for class numbers."""
    return model_with(CLASSES, "sparse_categorical_crossentropy", "softmax")


def one_hot_classifier() -> Any:
    """Return a classifier for one-hot labels."""
    return model_with(CLASSES, "categorical_crossentropy", "softmax")


def regression() -> Any:
    """Return a model of two numbers."""
    return model_with(2, "mse")


def series() -> Any:
    """Return a model with an output for each of five steps."""
    data = keras.Input((5, 2), name="steps")
    model = keras.Model(data, layers.Dense(4, name="head")(layers.LSTM(3, return_sequences=True)(data)))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def pictures() -> Any:
    """Return a model that makes a mask of each picture."""
    data = keras.Input((6, 6, 3), name="picture")
    model = keras.Model(data, layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="mask")(data))
    model.compile("sgd", "binary_crossentropy")
    return model


def two_heads() -> Any:
    """Return a model with two outputs."""
    data = keras.Input((SIZE,), name="features")
    outputs = {name: layers.Dense(units, name=name)(data) for name, units in (("age", 1), ("kind", CLASSES))}
    model = keras.Model(data, outputs)
    model.compile("sgd", {"age": "mse", "kind": keras.losses.SparseCategoricalCrossentropy(from_logits=True)})
    return model


def two_inputs() -> Any:
    """Return a model with two inputs."""
    inputs = {"left": keras.Input((SIZE,), name="left"), "right": keras.Input((2,), name="right")}
    model = keras.Model(inputs, layers.Dense(1, name="head")(layers.concatenate(list(inputs.values()))))
    model.compile("sgd", "mse")
    return model


def fit(model: Any, x: Any, y: Any) -> None:
    """Train on arrays."""
    model.fit(x, y, batch_size=4, verbose=0)


def evaluate(model: Any, x: Any, y: Any) -> None:
    """Evaluate on arrays."""
    model.evaluate(x, y, batch_size=4, verbose=0)


def train_on_batch(model: Any, x: Any, y: Any) -> None:
    """Train on one batch."""
    model.train_on_batch(x, y)


def dataset(model: Any, x: Any, y: Any) -> None:
    """Train on a batched pipeline."""
    model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(4), verbose=0)


def eagerly(model: Any, x: Any, y: Any) -> None:
    """Train without a graph."""
    model.run_eagerly = True
    model.fit(x, y, batch_size=4, verbose=0)


WAYS: dict[str, Way] = {"fit": fit, "evaluate": evaluate, "train_on_batch": train_on_batch, "dataset": dataset}
X = numbers(ROWS, SIZE)
IDENTITY = np.eye(CLASSES, dtype="float32")

# name: the model, its data, labels that are wrong
LABEL_MISTAKES: dict[str, tuple[Callable[[], Any], Any, Any]] = {
    "one-hot for a sparse loss": (classifier, X, IDENTITY[LABELS]),
    "class numbers for a categorical loss": (one_hot_classifier, X, LABELS),
    "a class too many": (classifier, X, np.arange(ROWS) % (CLASSES + 1)),
    "counted from one": (classifier, X, LABELS + 1),
    "below zero": (classifier, X, LABELS - 1),
    "columns too many": (regression, X, numbers(ROWS, 3)),
    "one-hot columns too many": (one_hot_classifier, X, np.eye(CLASSES + 1, dtype="float32")[LABELS]),
    "an axis too many": (one_hot_classifier, X, IDENTITY[LABELS][:, None]),
    "encoded twice": (one_hot_classifier, X, np.eye(2, dtype="float32")[IDENTITY[LABELS].astype(int)]),
    "not shifted": (series, numbers(ROWS, 5, 2), np.zeros((ROWS, 6), "int64")),
    "masks with colours": (pictures, numbers(ROWS, 6, 6, 3), np.ones((ROWS, 6, 6, 3), "float32")),
    "names of no output": (two_heads, X, {"age": numbers(ROWS, 1), "sort": LABELS}),
    "one of two": (two_heads, X, {"age": numbers(ROWS, 1)}),
}
# name: the model, data that is wrong, its labels
INPUT_MISTAKES: dict[str, tuple[Callable[[], Any], Any, Any]] = {
    "features too many": (classifier, numbers(ROWS, SIZE + 1), LABELS),
    "features too few": (regression, numbers(ROWS, SIZE - 2), numbers(ROWS, 2)),
    "an axis too many": (regression, numbers(ROWS, SIZE, 1), numbers(ROWS, 2)),
    "pictures for a table": (classifier, numbers(ROWS, 3, 2), LABELS),
    "no axis of channels": (pictures, numbers(ROWS, 6, 6), np.ones((ROWS, 6, 6, 1), "float32")),
    "grey for colour": (pictures, numbers(ROWS, 6, 6, 1), np.ones((ROWS, 6, 6, 1), "float32")),
    "channels first": (pictures, numbers(ROWS, 3, 6, 6), np.ones((ROWS, 6, 6, 1), "float32")),
    "steps and features exchanged": (series, numbers(ROWS, 2, 5), np.zeros((ROWS, 5), "int64")),
    "no axis of steps": (series, numbers(ROWS, 2), np.zeros((ROWS, 5), "int64")),
    "an input is missing": (two_inputs, {"left": X}, numbers(ROWS, 1)),
    "inputs under other names": (two_inputs, {"left": X, "rite": numbers(ROWS, 2)}, numbers(ROWS, 1)),
    "inputs exchanged": (two_inputs, {"left": numbers(ROWS, 2), "right": X}, numbers(ROWS, 1)),
    "one array for two inputs": (two_inputs, X, numbers(ROWS, 1)),
}


def diagnosed(way: Way, make: Callable[[], Any], x: Any, y: Any) -> Any:
    """Return the diagnosis of a call that fails, None where it does not."""
    model = make()
    try:
        with kerasguard.guard():
            way(model, x, y)
    except Exception as error:  # noqa: BLE001 - of whatever type
        return kerasguard.diagnose(error) or error
    return None


def judged(way: str, name: str, *, labels: bool) -> str:
    """Return what is wrong with the diagnosis of a mistake, empty where nothing is or nothing was raised."""
    make, x, y = (LABEL_MISTAKES if labels else INPUT_MISTAKES)[name]
    found = diagnosed(WAYS[way], make, x, y)
    if found is None:
        return ""
    allowed = LABEL_CODES if labels else INPUT_CODES
    code = getattr(found, "code", "")
    return "" if code.startswith(allowed) else f"{way}, {name}: {code or found!r} {getattr(found, 'title', '')}"


if __name__ == "__main__":
    for side, mistakes in ((True, LABEL_MISTAKES), (False, INPUT_MISTAKES)):
        for mistake in mistakes:
            for entry in WAYS:
                complaint = judged(entry, mistake, labels=side)
                if complaint:
                    print(complaint)
