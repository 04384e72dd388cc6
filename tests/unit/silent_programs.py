"""Programs that raise nothing: silent mistakes with the codes they warn of, and correct ones that look like them."""

# ruff: noqa: D103 - the name of a program says what it does
from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

import kerasguard

keras = tf.keras
layers = tf.keras.layers
RNG = np.random.default_rng(0)
Program = Callable[[], Any]
PROGRAMS: dict[str, tuple[Program, list[str]]] = {}


def registering(programs: dict[str, tuple[Program, list[str]]]) -> Callable[..., Callable[[Program], Program]]:
    """Return the decorator that registers a program with the codes that it warns of."""

    def warns_of(*codes: str) -> Callable[[Program], Program]:
        def register(program: Program) -> Program:
            programs[program.__name__] = (program, list(codes))
            return program

        return register

    return warns_of


warns_of = registering(PROGRAMS)


def numbers(*shape: int) -> Any:
    """Return an array."""
    return RNG.random(shape).astype("float32")


def dense(*units: int, size: int = 4, activation: str | None = None) -> Any:
    """Return a Sequential of Dense layers."""
    return keras.Sequential([keras.Input((size,)), *(layers.Dense(n, activation=activation) for n in units)])


def codes_of(program: Program) -> list[str]:
    """Run a program under guard, and return the codes of its warnings."""
    with warnings.catch_warnings(record=True) as caught, kerasguard.guard():
        warnings.simplefilter("always")
        program()
    return [one.message.diagnosis.code for one in caught if isinstance(one.message, kerasguard.KerasGuardWarning)]


def print_codes(programs: dict[str, tuple[Program, list[str]]]) -> None:
    """Print what each program warns of, and what it should warn of."""
    json.dump({name: (codes_of(program), codes) for name, (program, codes) in programs.items()}, sys.stdout)


@warns_of("KG702")
def three_columns_for_one_unit() -> None:
    model = keras.Sequential([layers.Dense(8), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(numbers(20, 4), numbers(20, 3), epochs=2, verbose=0)


@warns_of("KG702")
def one_column_for_three_units_from_a_dataset() -> None:
    model = dense(3)
    model.compile("adam", keras.losses.MeanAbsoluteError())
    model.fit(tf.data.Dataset.from_tensor_slices((numbers(20, 4), numbers(20, 1))).batch(5), verbose=0)


@warns_of("KG702")
def columns_from_a_generator() -> None:
    def batches() -> Iterator[Any]:
        while True:
            yield numbers(5, 4), numbers(5, 2)

    model = dense(1)
    model.compile("sgd", "mse")
    model.fit(batches(), steps_per_epoch=2, verbose=0)


@warns_of("KG702")
def columns_in_a_loop_with_a_loss_object() -> None:
    model, compare = dense(1), keras.losses.MeanSquaredError()
    for _ in range(6):
        compare(numbers(5, 3), model(numbers(5, 4)))


@warns_of("KG703")
def label_for_each_sequence() -> None:
    model = keras.Sequential([keras.Input((6, 2)), layers.LSTM(4, return_sequences=True), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(numbers(12, 6, 2), numbers(12, 1), verbose=0)


@warns_of("KG703")
def label_for_each_sequence_eagerly() -> None:
    model = keras.Sequential([keras.Input((6, 2)), layers.GRU(4, return_sequences=True), layers.Dense(1)])
    model.compile("adam", "mae", run_eagerly=True)
    model.fit(numbers(12, 6, 2), numbers(12), verbose=0)


@warns_of()
def label_for_each_step() -> None:
    model = keras.Sequential([keras.Input((6, 2)), layers.LSTM(4, return_sequences=True), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(numbers(12, 6, 2), numbers(12, 6), verbose=0)
    model.evaluate(numbers(12, 6, 2), numbers(12, 6, 1), verbose=0)


@warns_of("KG711")
def softmax_head_of_one_unit() -> None:
    model = dense(1, activation="softmax")
    model.compile("adam", "binary_crossentropy")
    model.train_on_batch(numbers(8, 4), np.ones((8, 1)))
    model.train_on_batch(numbers(8, 4), np.ones((8, 1)))


@warns_of()
def softmax_over_steps() -> None:
    steps = keras.Input((5, 3))
    weights = layers.Softmax(axis=1)(layers.Dense(1)(steps))
    model = keras.Model(steps, layers.Dense(1)(layers.Flatten()(layers.Multiply()([steps, weights]))))
    model.compile("adam", "mse")
    model.fit(numbers(8, 5, 3), numbers(8), verbose=0)


@warns_of("KG712")
def table_as_single_steps() -> None:
    model = keras.Sequential([layers.LSTM(4), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(numbers(30, 10).reshape(-1, 1, 10), numbers(30, 1), verbose=0)


@warns_of()
def stateful_steps() -> None:
    state = layers.LSTM(4, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(1, 1, 3)), state, layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(numbers(5, 1, 3), numbers(5), batch_size=1, verbose=0)


def two_inputs(one: str, other: str) -> Any:
    """Return a model that treats its two inputs differently."""
    first, second = keras.Input((2,), name=one), keras.Input((2,), name=other)
    model = keras.Model([first, second], layers.Dense(1)(layers.concatenate([first, second])))
    model.compile("adam", "mse")
    return model


@warns_of("KG721")
def key_without_input() -> None:
    data = {"age": numbers(8, 2), "income": numbers(8, 2), "city": numbers(8, 2)}
    two_inputs("age", "income").fit(data, numbers(8), verbose=0)


@warns_of("KG722")
def keys_exchanged() -> None:
    buyers, sellers = numbers(8, 2), numbers(8, 2)
    two_inputs("buyer", "seller").fit({"buyer": sellers, "seller": buyers}, numbers(8), verbose=0)


@warns_of("KG722")
def list_exchanged_at_predict() -> None:
    home_stats, away_stats = numbers(8, 2), numbers(8, 2)
    two_inputs("home", "away").predict([away_stats, home_stats], verbose=0)


@warns_of()
def names_that_say_nothing() -> None:
    a, b = numbers(8, 2), numbers(8, 2)
    two_inputs("buyer", "seller").fit([b, a], numbers(8), verbose=0)


@warns_of()
def siamese_the_other_way_round() -> None:
    encoder = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    inputs = [keras.Input((4,), name="left"), keras.Input((4,), name="right")]
    model = keras.Model(inputs, layers.Dense(1)(layers.concatenate([encoder(one) for one in inputs])))
    model.compile("adam", "mse")
    left, right = numbers(8, 4), numbers(8, 4)
    model.fit([right, left], numbers(8), verbose=0)


@warns_of("KG404")
def labels_from_one_compiled() -> None:
    model = dense(3, activation="softmax")
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=True)
    model.fit(numbers(9, 4), np.arange(9) % 3 + 1, verbose=0)


@warns_of("KG601")
def ids_outside_the_table_compiled() -> None:
    model = keras.Sequential([keras.Input((5,)), layers.Embedding(10, 3), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    model.fit(np.full((8, 5), 10), numbers(8), verbose=0)


@warns_of()
def all_classes_weighted() -> None:
    model = dense(1, activation="sigmoid")
    model.compile("adam", "binary_crossentropy")
    model.fit(numbers(9, 4), np.arange(9) % 2, class_weight={0: 1.0, 1: 5.0}, verbose=0)


@warns_of("KG701")
def loop_in_a_method() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.net, self.optimizer = dense(8, 1), keras.optimizers.SGD()

        def loss(self, truth: Any, guess: Any) -> Any:
            return tf.reduce_mean(tf.square(tf.subtract(truth, guess)))

        def step(self, x: Any, y: Any) -> None:
            with tf.GradientTape() as tape:
                value = self.loss(y, self.net(x))
            weights = self.net.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(value, weights), weights, strict=True))

    trainer, x, y = Trainer(), numbers(16, 4), numbers(16)
    for start in range(0, 16, 4):
        trainer.step(x[start : start + 4], y[start : start + 4])


@warns_of("KG701")
def training_step_of_the_users_own() -> None:
    class Regressor(keras.Model):  # type: ignore[misc]  # keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.head = layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.head(x)

        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                guess = self(x, training=True)
                loss = tf.reduce_mean(tf.abs(y - guess))
            grads = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(grads, self.trainable_variables))  # noqa: B905 - AutoGraph converts it
            return {"loss": loss}

    model = Regressor()
    model.compile("adam")
    model.fit(tf.data.Dataset.from_tensor_slices((numbers(16, 4), numbers(16))).batch(4), verbose=0)


def gradient_of(loss: Callable[[Any, Any], Any], y: Any) -> None:
    """Take the gradient of a loss of labels and predictions once."""
    model, x = dense(1), numbers(16, 4)
    with tf.GradientTape() as tape:
        value = loss(y, model(x))
    tape.gradient(value, model.trainable_variables)


@warns_of()
def labels_given_the_axis() -> None:
    gradient_of(lambda y, guess: tf.reduce_mean((y[:, None] - guess) ** 2), numbers(16))


@warns_of()
def output_squeezed() -> None:
    gradient_of(lambda y, guess: tf.reduce_mean((y - tf.squeeze(guess, -1)) ** 2), numbers(16))


@warns_of()
def every_pair_of_predictions() -> None:
    gradient_of(lambda _, guess: tf.reduce_mean((guess - tf.reshape(guess, [-1])) ** 2), None)


@warns_of()
def soft_bins() -> None:
    model, x, centres = dense(1), numbers(16, 4), tf.linspace(0.0, 1.0, 16)
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(tf.exp(-((model(x) - centres) ** 2)))
    tape.gradient(value, model.trainable_variables)


@warns_of()
def loss_object_aligns_ranks() -> None:
    compare = keras.losses.MeanSquaredError()

    @tf.function
    def step(model: Any, x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = compare(y, model(x))
        return tape.gradient(value, model.trainable_variables)

    step(dense(1), tf.constant(numbers(8, 4)), tf.constant(numbers(8)))


def classifier_of_three(**options: Any) -> Any:
    """Return a classifier that runs compiled, where numbers outside their range raise nothing."""
    model = dense(3, activation="softmax")
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=True, **options)
    return model


def rows(*parts: Any) -> Any:
    """Return a dataset of rows."""
    return tf.data.Dataset.from_tensor_slices(parts)


@warns_of("KG404")
def labels_from_one_in_a_dataset() -> None:
    classifier_of_three().fit(rows(numbers(9, 4), np.arange(9) % 3 + 1).shuffle(9).batch(3), verbose=0)


@warns_of("KG404")
def labels_below_zero_behind_a_map() -> None:
    data = rows(numbers(9, 4), np.arange(9) % 3 - 1).map(lambda x, y: (x * 2, y))
    classifier_of_three().fit(data.batch(3).prefetch(1), verbose=0)


@warns_of("KG403")
def units_too_few_for_zipped_labels() -> None:
    parts = [tf.data.Dataset.from_tensor_slices(part) for part in (numbers(12, 4), np.arange(12) % 4)]
    classifier_of_three().fit(tf.data.Dataset.zip(tuple(parts)).batch(3), verbose=0)


@warns_of()
def labels_that_a_map_counts_from_zero() -> None:
    data = rows(numbers(9, 4), np.arange(9) % 3 + 1).map(lambda x, y: (x, y - 1))
    classifier_of_three().fit(data.batch(3), verbose=0)


@warns_of()
def labels_that_a_filter_leaves_out() -> None:
    data = rows(numbers(9, 4), np.arange(9) % 5).filter(lambda _, y: y < 3)
    classifier_of_three().fit(data.batch(3), verbose=0)


@warns_of("KG601")
def ids_outside_the_table_in_a_dataset() -> None:
    model = keras.Sequential([keras.Input((5,)), layers.Embedding(10, 3), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    model.fit(rows(np.full((8, 5), 12), numbers(8, 1)).batch(4), verbose=0)


@warns_of("KG722")
def keys_exchanged_in_a_dataset() -> None:
    sellers, buyers = numbers(8, 2), numbers(8, 2)
    data = tf.data.Dataset.from_tensor_slices(({"buyer": sellers, "seller": buyers}, numbers(8, 1)))
    two_inputs("buyer", "seller").fit(data.batch(4), verbose=0)


@warns_of()
def keys_in_order_in_a_dataset() -> None:
    sellers, buyers = numbers(8, 2), numbers(8, 2)
    data = tf.data.Dataset.from_tensor_slices(({"buyer": buyers, "seller": sellers}, numbers(8, 1)))
    two_inputs("buyer", "seller").fit(data.batch(4), verbose=0)


@warns_of("KG605")
def labels_zipped_without_batches() -> None:
    data, labels = (tf.data.Dataset.from_tensor_slices(part) for part in (numbers(12, 4), numbers(12, 1)))
    model = dense(1)
    model.compile("sgd", "mse")
    model.fit(tf.data.Dataset.zip((data.batch(4), labels)), verbose=0)


@warns_of()
def parts_batched_alike_and_zipped() -> None:
    data, labels = (tf.data.Dataset.from_tensor_slices(part) for part in (numbers(12, 4), numbers(12, 1)))
    model = dense(1)
    model.compile("sgd", "mse")
    model.fit(tf.data.Dataset.zip((data.batch(4), labels.batch(4))), verbose=0)


# tf_keras refuses it.
@warns_of(*([] if keras.Model.__module__.startswith("tf_keras") else ["KG506"]))
def remainder_that_is_all_there_is() -> None:
    model = dense(1)
    model.compile("sgd", "mse")
    with contextlib.suppress(ValueError):
        model.fit(rows(numbers(6, 4), numbers(6, 1)).batch(8, drop_remainder=True), verbose=0)


if __name__ == "__main__":
    print_codes(PROGRAMS)
