"""A generator yields two inputs and the label side by side."""

import numpy as np
import tensorflow as tf


def pairs(size):
    rng = np.random.default_rng(7)
    while True:
        question, answer = rng.random((size, 7)), rng.random((size, 4))
        yield question, answer, rng.integers(0, 2, (size, 1))


ask, reply = tf.keras.Input((7,), name="ask"), tf.keras.Input((4,), name="reply")
both = tf.keras.layers.Concatenate()([ask, reply])
matcher = tf.keras.Model([ask, reply], tf.keras.layers.Dense(1, activation="sigmoid")(both))
matcher.compile("adam", "binary_crossentropy")
matcher.fit(pairs(6), steps_per_epoch=3, verbose=0)
