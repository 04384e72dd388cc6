"""The data for validation is passed without its labels."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
rooms = rng.random((40, 3))
rents = rooms @ [[3.0], [1.0], [0.5]]

model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(rooms[:30], rents[:30], validation_data=rooms[30:], verbose=0)
