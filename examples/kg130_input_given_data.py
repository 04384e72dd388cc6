"""An Input is made from the data itself instead of from its shape."""

import numpy as np
import tensorflow as tf


def house_prices(count):
    rng = np.random.default_rng(1)
    return rng.random((count, 5)), rng.random((count, 1))


rooms, price = house_prices(40)
inputs = tf.keras.Input(rooms)
model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(inputs))
model.compile("adam", "mse")
model.fit(rooms, price, verbose=0)
