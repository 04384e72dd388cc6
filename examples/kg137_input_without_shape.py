"""An Input gets a name, and nothing that says how its samples look."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

readings = np.zeros((40, 7), "float32")
failures = np.zeros((40, 1), "float32")

table = tf.keras.Input(name="table")
hidden = layers.Dense(16, activation="relu")(table)
model = tf.keras.Model(table, layers.Dense(1, activation="sigmoid")(hidden))
model.compile("adam", "binary_crossentropy")
model.fit(readings, failures, verbose=0)
