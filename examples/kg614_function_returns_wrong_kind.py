"""Rows are filtered by a comparison that gives a truth value for each of their entries."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
wells = rng.random((40, 4)).astype("float32")
yields = rng.random(40).astype("float32")

dataset = tf.data.Dataset.from_tensor_slices((wells, yields))
dataset = dataset.filter(lambda well, _: well > 0.1)

model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(dataset.batch(8), verbose=0)
