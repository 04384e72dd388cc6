"""The shape of the whole array is given to the Input, number of samples included."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

series = np.zeros((150, 20, 2))
target = np.zeros((150, 1))

inputs = tf.keras.Input(shape=series.shape)
memory = layers.LSTM(16)(inputs)
model = tf.keras.Model(inputs, layers.Dense(1)(memory))
model.compile(optimizer="adam", loss="mse")
model.fit(series, target, verbose=0)
