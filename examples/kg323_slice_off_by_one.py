"""The targets of the windows begin one step too late: there is one target less than there are windows."""

import numpy as np
import tensorflow as tf

SIZE = 12


def windowed(series, size):
    windows = [series[start : start + size] for start in range(len(series) - size)]
    targets = series[size + 1 :]
    return np.array(windows)[..., np.newaxis], np.array(targets)


x, y = windowed(np.sin(np.arange(100) / 5), SIZE)
model = tf.keras.Sequential([tf.keras.Input((SIZE, 1)), tf.keras.layers.LSTM(4), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x, y, verbose=0)
