"""Data and labels are passed as one tuple."""

import numpy as np
import tensorflow as tf


def weather(days):
    rng = np.random.default_rng(7)
    return rng.random((days, 14)).astype("float32"), rng.random((days, 1)).astype("float32")


observed, rain = weather(60)
model = tf.keras.Sequential([tf.keras.Input((14,)), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit((observed, rain), verbose=0)
