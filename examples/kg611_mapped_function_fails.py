"""Rows of a table are folded into maps of another size than they have entries."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
soundings = rng.random((40, 144)).astype("float32")
depths = rng.random(40).astype("float32")


def folded(sounding, depth):
    return tf.reshape(sounding, (16, 16, 1)), depth


dataset = tf.data.Dataset.from_tensor_slices((soundings, depths)).map(folded).batch(8)

model = tf.keras.Sequential([tf.keras.Input((12, 12, 1)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(dataset, verbose=0)
