"""A table is stacked feature by feature, so that its rows are features and not samples."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(6)
temperature, pressure, wind = rng.random(40), rng.random(40), rng.random(40)
table = np.array([temperature, pressure, wind])

model = tf.keras.Sequential(
    [tf.keras.Input((3,)), tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(1)]
)
print(model.predict(table, verbose=0).shape)
