"""The ways to run a model: what a program does with `model`, `x` and `y` after it has made its mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.variants.run_modes.mistake import Mistake

MARK = "# mark: "
HEAD = """import numpy as np
import tensorflow as tf

keras = tf.keras
layers = tf.keras.layers

"""
FIT = "model.fit({whole}, {whole_labels}{weights}, batch_size=4, epochs=2, verbose=0)  # mark: run"


@dataclass(frozen=True)
class Mode:
    """A way to run a model.

    Attributes
    ----------
    run
        Source text; ``{batch}`` and ``{labels}`` stand for four rows from `i` on, ``{weights}`` for more arguments.
    how
        What compile is told in addition.
    """

    run: str
    how: str = ""


GENERATOR = """
def batches():
    while True:
        for i in range(0, {rows}, 4):
            yield {item}  # mark: yield


model.fit(batches(), steps_per_epoch=3, epochs=2, verbose=0)  # mark: run
"""

DATASET = """
pipeline = tf.data.Dataset.from_tensor_slices({slices})  # mark: slices
pipeline = pipeline.batch(4)  # mark: stage
model.fit(pipeline, verbose=0)  # mark: run
"""

SEQUENCE = """
class Batches(keras.utils.Sequence):
    def __len__(self):
        return -(-{rows} // 4)

    def __getitem__(self, index):
        i = 4 * index
        return {item}  # mark: yield


model.fit(Batches(), verbose=0)  # mark: run
"""

TAPE = """
optimizer = keras.optimizers.SGD(0.1)
for i in range(0, {rows}, 4):
    with tf.GradientTape() as tape:
        predicted = model({batch}, training=True)  # mark: run
        loss = tf.reduce_mean({loss}({labels}, predicted))  # mark: loss
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
"""

FUNCTION = """
optimizer = keras.optimizers.SGD(0.1)


@tf.function
def train(inputs, targets):
    with tf.GradientTape() as tape:
        predicted = model(inputs, training=True)  # mark: run
        loss = tf.reduce_mean({loss}(targets, predicted))  # mark: loss
    gradients = tape.gradient(loss, model.trainable_variables)
    return loss, gradients


for i in range(0, {rows}, 4):
    train({batch}, {labels})  # mark: steps
"""

MODES: dict[str, Mode] = {
    "eager": Mode(
        "model.fit({whole}, {whole_labels}{weights}, batch_size=4, epochs=2, verbose=0)  # mark: run",
        ", run_eagerly=True",
    ),
    "graph": Mode(FIT),
    "jit": Mode(
        "model.fit({whole}, {whole_labels}{weights}, batch_size=4, epochs=2, verbose=0)  # mark: run",
        ", jit_compile=True",
    ),
    "generator": Mode(GENERATOR),
    "dataset": Mode(DATASET),
    "sequence": Mode(SEQUENCE),
    "train_on_batch": Mode("i = {first}\nmodel.train_on_batch({batch}, {labels_and_weights})  # mark: run"),
    "test_on_batch": Mode("i = {first}\nmodel.test_on_batch({batch}, {labels_and_weights})  # mark: run"),
    "evaluate": Mode("model.evaluate({whole}, {whole_labels}{weights}, batch_size=4, verbose=0)  # mark: run"),
    "predict": Mode("model.predict({whole}, batch_size=4, verbose=0)  # mark: run"),
    "predict_on_batch": Mode("i = {first}\nmodel.predict_on_batch({batch})  # mark: run"),
    "call": Mode("outputs = model({whole})  # mark: run"),
    "tape": Mode(TAPE),
    "function": Mode(FUNCTION),
}


def program(mistake: Mistake, name: str) -> str:
    """Return the source text of a mistake that is run in a mode."""
    mode = MODES[name]
    weights = ", w[i : i + 4]" if mistake.weights else ""
    parts = {
        "how": mode.how,
        "item": mistake.item or "{batch}, {labels}" + weights,
        "slices": mistake.slices or "({whole}, {whole_labels}" + (", w)" if mistake.weights else ")"),
        "batch": mistake.batch,
        "labels_and_weights": "{labels}" + weights.replace(", w", ", sample_weight=w"),
        "labels": mistake.labels,
        "weights": ", sample_weight=w" if mistake.weights else "",
        "whole": mistake.whole,
        "whole_labels": mistake.whole_labels,
        "rows": mistake.rows,
        "loss": mistake.loss,
        "first": str(mistake.first),
    }
    text = HEAD + mistake.setup + mode.run
    for part, written in parts.items():
        text = text.replace("{" + part + "}", written)
    return text


def marks(source: str) -> dict[str, int]:
    """Return the rows of a program that are marked, by their marks."""
    rows = enumerate(source.splitlines(), 1)
    return {line.partition(MARK)[2].strip(): row for row, line in rows if MARK in line}
