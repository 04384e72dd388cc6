"""Walks of different length end up in an array of objects."""

import numpy as np
import tensorflow as tf


def walk(steps):
    return np.random.default_rng(steps).normal(size=(steps, 2)).astype("float32")


walks = [walk(steps) for steps in (12, 7, 20, 15)]
home = np.array([1, 0, 0, 1])
x = np.array(walks, dtype=object)

model = tf.keras.Sequential(
    [tf.keras.Input((None, 2)), tf.keras.layers.GRU(4), tf.keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(x, home, verbose=0)
