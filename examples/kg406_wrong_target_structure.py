"""Two outputs, and one table with the labels of both."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
speed = rng.random((40, 1)).astype("float32")
angle = rng.random((40, 2)).astype("float32")
frames = rng.random((40, 18)).astype("float32")

frame = tf.keras.Input((18,))
hidden = tf.keras.layers.Dense(8, activation="relu")(frame)
heads = [tf.keras.layers.Dense(1, name="speed")(hidden), tf.keras.layers.Dense(2, name="angle")(hidden)]
pilot = tf.keras.Model(frame, heads)
pilot.compile("adam", ["mae", "mse"])
targets = np.hstack([speed, angle])
pilot.fit(frames, targets, verbose=0)
