import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

DAYS = 14
prices = np.sin(np.arange(200, dtype="float32") / 7)
windows = np.stack([prices[i : i + DAYS] for i in range(len(prices) - DAYS)])
following = prices[DAYS:]

windows = windows.reshape(len(windows), 1, DAYS)
model = tf.keras.Sequential([layers.LSTM(16), layers.Dense(1)])
model.compile("adam", "mse")
model.fit(windows, following, verbose=0)
