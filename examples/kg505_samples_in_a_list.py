"""Rows of numbers in a Python list are no array."""

import numpy as np
import tensorflow as tf

rows = [[0.1 * day, 0.5, 0.2 * (day % 3)] for day in range(24)]
sales = np.linspace(0.0, 2.0, 24)

model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(rows, sales, verbose=0)
