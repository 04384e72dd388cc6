"""The parts of a split are unpacked in another order than they were returned."""

import numpy as np
import tensorflow as tf


def load():
    rng = np.random.default_rng(10)
    x, y = rng.random((50, 4)).astype("float32"), rng.random((50, 1)).astype("float32")
    return x[:40], y[:40], x[40:], y[40:]


x_train, y_test, x_test, y_train = load()
model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x_train, y_train, verbose=0)
model.evaluate(x_test, y_test, verbose=0)
