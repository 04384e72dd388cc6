"""Hand-written losses that raise nothing: labels meet every prediction, or they only look as if they did."""

# ruff: noqa: D103 - the name of a program says what it does
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tests.unit.silent_programs import Program, dense, numbers, print_codes, registering

PROGRAMS: dict[str, tuple[Program, list[str]]] = {}
warns_of = registering(PROGRAMS)
keras = tf.keras
layers = tf.keras.layers
LEGACY = keras.Model.__module__.startswith("tf_keras")


def flat(*units: int) -> Any:
    """Return a model whose output has no axis beside that of the rows."""
    data = tensor = keras.Input((4,))
    for size in units:
        tensor = layers.Dense(size)(tensor)
    return keras.Model(data, layers.Reshape(())(tensor))


def trained(model: Any, loss: Callable[[Any, Any], Any], y: Any, *, traced: bool = True) -> None:
    """Run two steps of a training loop."""

    def step(x: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(labels, model(x))
        return tape.gradient(value, model.trainable_variables)

    run = tf.function(step) if traced else step
    x = numbers(len(y), 4)
    for start in range(0, len(y), 8):
        run(tf.constant(x[start : start + 8]), tf.constant(y[start : start + 8]))


@warns_of("KG701")
def column_of_labels_for_a_flat_output() -> None:
    trained(flat(3, 1), lambda y, guess: tf.reduce_mean(tf.abs(guess - y)), numbers(16, 1))


@warns_of("KG701")
def column_of_labels_for_a_flat_output_at_once() -> None:
    trained(flat(3, 1), lambda y, guess: tf.reduce_mean(tf.abs(guess - y)), numbers(16, 1), traced=False)


@warns_of("KG701")
def squared_difference_in_a_traced_function() -> None:
    trained(dense(5, 1), lambda y, guess: tf.reduce_mean(tf.math.squared_difference(y, guess)), numbers(16))


class Squares(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """A loss of the user's own."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the squares, one for each row."""
        difference = tf.cast(y_true, y_pred.dtype) - y_pred
        return tf.reduce_mean(difference**2, axis=-1)


# tf_keras gives flat labels the axis before it calls a loss.
@warns_of(*([] if LEGACY else ["KG701"]))
def loss_class_in_fit() -> None:
    model = dense(3, 1)
    model.compile("sgd", Squares())
    model.fit(numbers(16, 4), numbers(16), batch_size=8, verbose=0)


@warns_of(*([] if LEGACY else ["KG701"]))
def loss_class_in_compiled_code() -> None:
    model = dense(3, 1)
    model.compile("sgd", Squares(), jit_compile=True)
    model.fit(tf.data.Dataset.from_tensor_slices((numbers(16, 4), numbers(16))).batch(8), verbose=0)


@warns_of(*([] if LEGACY else ["KG701"]))
def loss_class_that_runs_at_once() -> None:
    model = dense(3, 1)
    model.compile("sgd", Squares(), run_eagerly=True)
    model.fit(numbers(16, 4), numbers(16), batch_size=8, verbose=0)


@warns_of("KG701")
def loss_class_with_a_flat_output() -> None:
    model = flat(2, 1)
    model.compile("sgd", Squares())
    model.fit(numbers(16, 4), numbers(16, 1), batch_size=8, verbose=0)


@warns_of()
def loss_class_with_columns() -> None:
    model = dense(3, 1)
    model.compile("sgd", Squares())
    model.fit(numbers(16, 4), numbers(16, 1), batch_size=8, verbose=0)


@warns_of("KG701")
def loss_added_by_a_layer() -> None:
    class Endpoint(layers.Layer):  # type: ignore[misc]  # keras has no types
        def call(self, inputs: Any) -> Any:
            truth, guess = inputs
            self.add_loss(tf.reduce_mean(tf.abs(truth - guess)))
            return guess

    class Net(keras.Model):  # type: ignore[misc]  # keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.head, self.end = layers.Dense(1), Endpoint()

        def call(self, inputs: Any) -> Any:
            return self.end((inputs["price"], self.head(inputs["features"])))

    model = Net()
    model.compile("sgd")
    model.fit(
        tf.data.Dataset.from_tensor_slices({"features": numbers(16, 4), "price": numbers(16)}).batch(8), verbose=0
    )


class Critic(keras.Model):  # type: ignore[misc]  # keras has no types
    """An actor and a critic with a training step of their own."""

    def __init__(self, *, squeezes: bool) -> None:
        super().__init__()
        self.policy, self.value, self.squeezes = layers.Dense(2), layers.Dense(1), squeezes

    def call(self, states: Any) -> Any:
        """Return logits and values."""
        return self.policy(states), self.value(states)

    def train_step(self, data: Any) -> Any:
        """Take one step along the advantage."""
        states, (actions, gains) = data
        with tf.GradientTape() as tape:
            logits, value = self(states, training=True)
            if self.squeezes:
                value = tf.squeeze(value, axis=-1)
            edge = gains - value
            chosen = tf.reduce_sum(tf.nn.log_softmax(logits) * tf.one_hot(actions, 2), axis=1)
            loss = tf.reduce_mean(edge * edge) - tf.reduce_mean(chosen * tf.stop_gradient(edge))
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))  # noqa: B905 - AutoGraph converts it
        return {"loss": loss}


def played(*, squeezes: bool) -> None:
    """Train the critic on random play."""
    agent = Critic(squeezes=squeezes)
    agent.compile("sgd")
    rows = (numbers(16, 4), (np.arange(16) % 2, numbers(16)))
    agent.fit(tf.data.Dataset.from_tensor_slices(rows).batch(4), verbose=0)


@warns_of("KG701")
def advantage_of_a_column() -> None:
    played(squeezes=False)


@warns_of()
def advantage_of_a_squeezed_value() -> None:
    played(squeezes=True)


@warns_of("KG701")
def target_of_the_next_state() -> None:
    net, frozen = dense(6, 1), dense(6, 1)

    @tf.function
    def step(states: Any, rewards: Any, following: Any) -> Any:
        with tf.GradientTape() as tape:
            target = rewards + 0.9 * tf.squeeze(frozen(following), axis=-1)
            loss = tf.reduce_mean((tf.stop_gradient(target) - net(states)) ** 2)
        return tape.gradient(loss, net.trainable_variables)

    step(tf.constant(numbers(8, 4)), tf.constant(numbers(8)), tf.constant(numbers(8, 4)))


@warns_of("KG701")
def ratio_of_two_policies() -> None:
    net = dense(3, 1)

    @tf.function
    def step(states: Any, before: Any, gains: Any) -> Any:
        with tf.GradientTape() as tape:
            ratio = tf.exp(net(states) - before)
            loss = -tf.reduce_mean(tf.minimum(ratio * gains, tf.clip_by_value(ratio, 0.8, 1.2) * gains))
        return tape.gradient(loss, net.trainable_variables)

    step(tf.constant(numbers(8, 4)), tf.constant(numbers(8)), tf.constant(numbers(8)))


@warns_of("KG701")
def weights_of_rows_times_a_column_of_losses() -> None:
    class Weighted(keras.Model):  # type: ignore[misc]  # keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.head = layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.head(x)

        def train_step(self, data: Any) -> Any:
            x, y, weight = data
            with tf.GradientTape() as tape:
                errors = tf.square(y - self(x, training=True))
                loss = tf.reduce_mean(errors * weight)
            grads = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(grads, self.trainable_variables))  # noqa: B905 - AutoGraph
            return {"loss": loss}

    model = Weighted()
    model.compile("sgd")
    rows = (numbers(16, 4), numbers(16, 1), numbers(16))
    model.fit(tf.data.Dataset.from_tensor_slices(rows).batch(8), verbose=0)


@warns_of()
def function_of_the_users_own_in_compile() -> None:
    def distance(y_true: Any, y_pred: Any) -> Any:
        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)

    model = dense(3, 1)
    model.compile("sgd", distance)
    model.fit(numbers(16, 4), numbers(16), batch_size=8, verbose=0)


@warns_of()
def kernel_of_all_pairs() -> None:
    def discrepancy(y: Any, guess: Any) -> Any:
        pairs = tf.reshape(y, [-1]) - guess
        return -tf.reduce_mean(tf.exp(-(pairs**2)))

    trained(dense(3, 1), discrepancy, numbers(16, 1))
    trained(dense(3, 1), lambda y, guess: -tf.reduce_mean(tf.exp(-((y - guess) ** 2))), numbers(16))


@warns_of()
def nearest_of_all_centres() -> None:
    def nearest(y: Any, guess: Any) -> Any:
        return tf.reduce_mean(tf.reduce_min(tf.abs(guess - y), axis=1))

    trained(dense(3, 1), nearest, numbers(16))


@warns_of()
def every_pair_is_ranked() -> None:
    def ranking(y: Any, guess: Any) -> Any:
        above = tf.cast(y[:, None] > y[None, :], tf.float32)
        return tf.reduce_mean(above * tf.nn.softplus(tf.transpose(guess) - guess))

    trained(dense(3, 1), ranking, numbers(16))


@warns_of()
def batch_of_rows_and_a_table_of_columns() -> None:
    table = tf.constant(numbers(8, 1))
    trained(dense(3, 1), lambda y, guess: tf.reduce_mean((y[:, None] - guess) ** 2 * table), numbers(16))


def batches() -> Iterator[Any]:
    """Yield batches without end."""
    while True:
        yield numbers(8, 4), numbers(8)


@warns_of(*([] if LEGACY else ["KG701"]))
def loss_class_fed_by_a_generator() -> None:
    model = dense(3, 1)
    model.compile("sgd", Squares())
    model.fit(batches(), steps_per_epoch=2, verbose=0)


@warns_of("KG711")
def softmax_over_one_unit_in_a_loop() -> None:
    model = dense(8, 1, activation="softmax")
    with tf.GradientTape() as tape:
        error = tf.reduce_mean(tf.square(numbers(6, 1) - model(numbers(6, 4))))
    tape.gradient(error, model.trainable_variables)


@warns_of("KG711")
def softmax_over_one_unit_in_a_traced_step() -> None:
    model, loss = dense(8, 1, activation="softmax"), keras.losses.BinaryCrossentropy()

    @tf.function
    def step(inputs: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            error = loss(labels, model(inputs, training=True))
        return tape.gradient(error, model.trainable_variables)

    step(numbers(6, 4), np.ones((6, 1), "float32"))


@warns_of("KG713")
def softmax_over_the_samples() -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Softmax(axis=0)(layers.Dense(3)(inputs)))
    model.compile("sgd", "categorical_crossentropy")
    model.fit(numbers(9, 4), np.eye(3)[np.arange(9) % 3], verbose=0)


@warns_of("KG713")
def softmax_over_the_steps_of_tagged_words() -> None:
    inputs = keras.Input((7, 4))
    model = keras.Model(inputs, layers.Softmax(axis=1)(layers.Dense(3)(inputs)))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy())
    model.fit(numbers(9, 7, 4), np.zeros((9, 7), "int64"), verbose=0)


if __name__ == "__main__":
    print_codes(PROGRAMS)
