"""Two recurrent layers in a row, and the first one returns only its last output."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

model = tf.keras.Sequential()
model.add(tf.keras.Input((20, 3)))
model.add(layers.LSTM(16, name="first"))
model.add(layers.LSTM(8, name="second"))
model.add(layers.Dense(1))
print(model.predict(np.zeros((4, 20, 3)), verbose=0).shape)
