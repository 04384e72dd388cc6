"""A table that once held text stays an array of objects."""

import numpy as np
import tensorflow as tf

ROOMS = [["north", 21.5, 3], ["south", 23.0, 1], ["north", 19.5, 2], ["south", 24.5, 4]] * 5


def table(rows):
    cells = np.array(rows, dtype=object)
    cells[:, 0] = [1.0 if side == "north" else 0.0 for side in cells[:, 0]]
    return cells


rooms = table(ROOMS)
price = np.linspace(0.0, 1.0, len(rooms))
model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(rooms, price, verbose=0)
