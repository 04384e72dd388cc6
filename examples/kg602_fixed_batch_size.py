"""A stateful model wants every batch to be complete."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
series = rng.random((50, 6, 2)).astype("float32")
after = rng.random((50, 1)).astype("float32")

pulse = tf.keras.Input(batch_shape=(8, 6, 2))
state = tf.keras.layers.LSTM(4, stateful=True)(pulse)
model = tf.keras.Model(pulse, tf.keras.layers.Dense(1)(state))
model.compile("adam", "mse")
model.fit(series, after, batch_size=8, shuffle=False, verbose=0)
