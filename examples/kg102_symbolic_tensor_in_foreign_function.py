"""NumPy's logarithm is taken of a layer's output while the model is built."""

import numpy as np
import tensorflow as tf


def log_energy(signal):
    power = tf.keras.layers.AveragePooling1D(4)(signal)
    return np.log(power)


signal = tf.keras.Input((64, 1), name="signal")
energy = log_energy(signal)
event = tf.keras.layers.Dense(1)(tf.keras.layers.Flatten()(energy))
model = tf.keras.Model(signal, event)
