"""Correct programs with something unusual about them, of which nothing may be said."""

# ruff: noqa: D103 - the name of a program says what it does
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tests.unit.silent_programs import Program, dense, numbers, print_codes, registering

PROGRAMS: dict[str, tuple[Program, list[str]]] = {}
warns_of = registering(PROGRAMS)
keras = tf.keras
layers = tf.keras.layers


@warns_of()
def binary_labels_of_two_shapes() -> None:
    model = dense(8, 1, activation="sigmoid")
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(numbers(12, 4), np.arange(12) % 2, validation_data=(numbers(4, 4), np.ones((4, 1))), verbose=0)


@warns_of()
def sequence_for_sequence() -> None:
    model = keras.Sequential([keras.Input((None, 3)), layers.GRU(4, return_sequences=True), layers.Dense(5)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(numbers(6, 7, 3), np.zeros((6, 7), "int64"), verbose=0)


@warns_of()
def masked_words_of_unequal_length() -> None:
    words = tf.ragged.constant([[1, 2], [3], [4, 5, 6]]).to_tensor()
    model = keras.Sequential([layers.Embedding(7, 3, mask_zero=True), layers.LSTM(4), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(words, numbers(3, 1), verbose=0)


@warns_of()
def ids_that_fill_the_table() -> None:
    model = keras.Sequential([keras.Input((5,)), layers.Embedding(10, 3), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    model.fit(np.arange(40).reshape(8, 5) % 10, numbers(8), verbose=0)


@warns_of()
def labels_with_a_class_to_ignore() -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(3, 1)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255))
    y = np.zeros((6, 4, 4), "int64")
    y[:, 0] = 255
    model.fit(numbers(6, 4, 4, 1), y, verbose=0)


@warns_of()
def attention_over_one_head_of_steps() -> None:
    steps = keras.Input((6, 4))
    weights = layers.Softmax(axis=1)(layers.Dense(1, activation="tanh")(steps))
    pooled = layers.Flatten()(layers.Dot(axes=1)([weights, steps]))
    model = keras.Model(steps, layers.Dense(2)(pooled))
    model.compile("adam", "mse")
    model.fit(numbers(8, 6, 4), numbers(8, 2), verbose=0)


@warns_of()
def image_gated_by_a_channel_vector() -> None:
    picture = keras.Input((6, 6, 3))
    gate = layers.Reshape((1, 1, 3))(layers.Dense(3, activation="sigmoid")(layers.GlobalAveragePooling2D()(picture)))
    model = keras.Model(picture, layers.Multiply()([picture, gate]))
    model.compile("adam", "mae")
    model.fit(numbers(4, 6, 6, 3), numbers(4, 6, 6, 3), verbose=0)


@warns_of()
def one_step_decoder() -> None:
    encoder_data, step = keras.Input((5, 3)), keras.Input((1, 2))
    _, *state = layers.LSTM(4, return_state=True)(encoder_data)
    decoded = layers.LSTM(4)(step, initial_state=state)
    model = keras.Model([encoder_data, step], layers.Dense(1)(decoded))
    model.compile("adam", "mse")
    model.fit([numbers(6, 5, 3), numbers(6, 1, 2)], numbers(6, 1), verbose=0)


@warns_of()
def weights_for_each_step() -> None:
    model = keras.Sequential([keras.Input((5, 2)), layers.LSTM(3, return_sequences=True), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(numbers(6, 5, 2), numbers(6, 5, 1), sample_weight=np.ones((6, 5)), verbose=0)


@warns_of()
def classes_that_do_not_occur() -> None:
    model = dense(5, activation="softmax")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(numbers(9, 4), np.arange(9) % 3, class_weight={0: 1.0, 1: 2.0, 2: 1.0, 3: 5.0, 4: 5.0}, verbose=0)


@warns_of()
def soft_labels() -> None:
    model = dense(3, activation="softmax")
    model.compile("adam", "categorical_crossentropy", jit_compile=True)
    y = numbers(9, 3)
    model.fit(numbers(9, 4), y / y.sum(axis=1, keepdims=True), verbose=0)


@warns_of()
def two_heads_fed_by_a_generator() -> None:
    data = keras.Input((4,))
    model = keras.Model(data, {"size": layers.Dense(1, name="size")(data), "kind": layers.Dense(3, name="kind")(data)})
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", {"size": "mse", "kind": sparse})

    def batches() -> Iterator[Any]:
        while True:
            yield numbers(4, 4), {"size": numbers(4, 1), "kind": np.zeros((4, 1), "int64")}

    model.fit(batches(), steps_per_epoch=2, verbose=0)


@warns_of()
def generator_and_critic_by_turns() -> None:
    maker, critic = dense(6, 4), dense(6, 1)
    judge = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def step(real: Any) -> Any:
        with tf.GradientTape() as one, tf.GradientTape() as other:
            fake = maker(tf.random.normal((8, 4)))
            good, bad = critic(real), critic(fake)
            making = judge(tf.ones_like(bad), bad)
            judging = judge(tf.ones_like(good), good) + judge(tf.zeros_like(bad), bad)
        return one.gradient(making, maker.trainable_variables), other.gradient(judging, critic.trainable_variables)

    step(tf.constant(numbers(8, 4)))
    step(tf.constant(numbers(8, 4)))


@warns_of()
def autoencoder_with_a_prior() -> None:
    class Codes(keras.Model):  # type: ignore[misc]  # keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.mean, self.spread, self.back = layers.Dense(1), layers.Dense(1), layers.Dense(4)

        def call(self, x: Any) -> Any:
            mean, spread = self.mean(x), self.spread(x)
            self.add_loss(-0.5 * tf.reduce_mean(1 + spread - mean**2 - tf.exp(spread)))
            return self.back(mean + tf.exp(spread / 2) * tf.random.normal(tf.shape(mean)))

    model = Codes()
    model.compile("adam", "mse")
    x = numbers(12, 4)
    model.fit(x, x, batch_size=4, verbose=0)


@warns_of()
def similarity_within_the_batch() -> None:
    left, right = dense(3), dense(3)

    @tf.function
    def step(one: Any, other: Any) -> Any:
        with tf.GradientTape() as tape:
            table = tf.matmul(left(one), right(other), transpose_b=True)
            value = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(tf.range(8), table, from_logits=True))
        return tape.gradient(value, left.trainable_variables + right.trainable_variables)

    step(tf.constant(numbers(8, 4)), tf.constant(numbers(8, 4)))


@warns_of()
def penalty_on_the_slope() -> None:
    critic = dense(5, 1)

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                value = critic(x)
            slope = tf.norm(inner.gradient(value, x), axis=1)
            loss = tf.reduce_mean((slope - 1.0) ** 2) + tf.reduce_mean(value)
        return outer.gradient(loss, critic.trainable_variables)

    step(tf.constant(numbers(8, 4)))


@warns_of()
def chosen_actions_of_a_table_of_values() -> None:
    net = dense(6, 3)

    @tf.function
    def step(states: Any, actions: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            taken = tf.reduce_sum(net(states) * tf.one_hot(actions, 3), axis=1)
            loss = tf.reduce_mean(tf.square(targets - taken))
        return tape.gradient(loss, net.trainable_variables)

    step(tf.constant(numbers(8, 4)), tf.constant(np.arange(8) % 3), tf.constant(numbers(8)))


@warns_of()
def batches_of_one_row() -> None:
    model = dense(3, 1)
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.constant(numbers(1)) - model(numbers(1, 4))) ** 2)
        tape.gradient(loss, model.trainable_variables)


@warns_of()
def quantiles_of_one_target() -> None:
    model, levels = dense(8, 3), tf.constant([[0.1, 0.5, 0.9]])

    def pinball(y_true: Any, y_pred: Any) -> Any:
        errors = y_true - y_pred
        return tf.reduce_mean(tf.maximum(levels * errors, (levels - 1.0) * errors), axis=-1)

    model.compile("adam", pinball)
    model.fit(numbers(12, 4), numbers(12, 1), batch_size=4, verbose=0)


@warns_of()
def dict_with_the_features_of_a_subclassed_model() -> None:
    class Net(keras.Model):  # type: ignore[misc]  # keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.head = layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.head(inputs["used"])

    model = Net()
    model.compile("adam", "mse")
    model.fit({"used": numbers(8, 4), "name": np.arange(8)}, numbers(8, 1), verbose=0)


@warns_of()
def predictions_of_a_model_with_one_softmax_unit_inside() -> None:
    data = keras.Input((4,))
    kinds = layers.Dense(3, activation="softmax")(data)
    model = keras.Model(data, layers.Dense(1, activation="sigmoid")(kinds))
    model.predict(numbers(3, 4), verbose=0)
    model.compile("adam", "mse")
    model.train_on_batch(numbers(3, 4), np.ones(3))


@warns_of()
def attention_over_the_steps() -> None:
    inputs = keras.Input((7, 4))
    share = layers.Softmax(axis=1)(layers.Dense(1)(inputs))
    summed = layers.Flatten()(layers.Dot(axes=1)([share, inputs]))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(summed))
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(numbers(9, 7, 4), np.arange(9) % 3, verbose=0)


@warns_of()
def classes_on_the_last_of_three_axes() -> None:
    inputs = keras.Input((7, 4))
    model = keras.Model(inputs, layers.Softmax(axis=2)(layers.Dense(3)(inputs)))
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(numbers(9, 7, 4), np.zeros((9, 7), "int64"), verbose=0)


@warns_of()
def two_models_in_one_loop() -> None:
    first, second = dense(8, 2, activation="softmax"), dense(8, 1, activation="sigmoid")
    rows, weights = numbers(6, 4), numbers(6, 1)
    with tf.GradientTape() as tape:
        error = tf.reduce_mean(weights * tf.square(numbers(6, 1) - second(rows))) + tf.reduce_mean(first(rows)[:, :1])
    tape.gradient(error, first.trainable_variables + second.trainable_variables)


@warns_of()
def pictures_from_a_function_in_python() -> None:
    def example(number: Any) -> Any:
        picture = tf.numpy_function(lambda _: np.zeros((4, 4), "float32"), [number], tf.float32)
        picture.set_shape((4, 4))
        return picture, number % 2

    feed = tf.data.Dataset.range(6).map(example).filter(lambda _, kind: kind >= 0).batch(2)
    model = keras.Sequential([keras.Input((4, 4)), layers.Flatten(), layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(feed, verbose=0)


@warns_of()
def a_mapped_function_that_may_fail() -> None:
    pairs = tf.data.Dataset.from_tensor_slices((numbers(4, 2), numbers(4)))
    with contextlib.suppress(TypeError):
        pairs.map(lambda row: row)
    list(pairs.map(lambda row, value: (row, value)).batch(2))


@warns_of()
def attention_over_the_instances_of_a_bag() -> None:
    instances = keras.Input((4,))
    attention = layers.Softmax(axis=0)(layers.Dense(1)(instances))
    model = keras.Model(instances, layers.Dense(1, activation="sigmoid")(layers.Multiply()([attention, instances])))
    model.compile("sgd", "binary_crossentropy")
    model.train_on_batch(numbers(5, 4), np.ones((5, 1)))


if __name__ == "__main__":
    print_codes(PROGRAMS)
