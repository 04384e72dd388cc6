"""Only the data for training is brought into form; the data for validation misses the last step."""

import numpy as np
import tensorflow as tf

STEPS, SENSORS = 10, 3
rng = np.random.default_rng(11)
table, labels = rng.random((60, STEPS * SENSORS)).astype("float32"), rng.integers(0, 2, 60)

x_train, y_train = table[:40], labels[:40]
x_val, y_val = table[40:], labels[40:]
mean = x_train.mean(axis=0)
x_val = x_val - mean
x_train = x_train - mean
x_train = x_train.reshape(-1, STEPS, SENSORS)

model = tf.keras.Sequential([tf.keras.Input((STEPS, SENSORS)), tf.keras.layers.GRU(4), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x_train, y_train, validation_data=(x_val, y_val), verbose=0)
