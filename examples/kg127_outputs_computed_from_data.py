"""A new head is put on predictions instead of on the symbolic output of the model."""

import numpy as np
import tensorflow as tf

inputs = tf.keras.Input((16,), name="features")
base = tf.keras.Model(inputs, tf.keras.layers.Dense(8, activation="relu")(inputs))

measured = np.random.default_rng(0).random((20, 16)).astype("float32")
features = base.predict(measured, verbose=0)
scores = tf.keras.layers.Dense(3)(features)
tuned = tf.keras.Model(base.input, scores)
tuned.compile("adam", "mse")
