"""An array of 4 GB has one feature too many."""

import numpy as np
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.Input((1023,)), tf.keras.layers.Dense(2)])
table = np.zeros((2**20, 1024), "float32")
model.predict(table, verbose=0)
