"""A second Input is made and used, and forgotten in the list of inputs."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

series = tf.keras.Input((48, 1), name="series")
calendar = tf.keras.Input((7,), name="calendar")
state = layers.concatenate([layers.GRU(8)(series), calendar])
model = tf.keras.Model([series], layers.Dense(1)(state))
print(model.predict([np.zeros((4, 48, 1)), np.zeros((4, 7))], verbose=0).shape)
