"""The last of 5,000 layers does not fit."""

import tensorflow as tf

tensor = tf.keras.Input((6,))
for _ in range(4_999):
    tensor = tf.keras.layers.Activation("relu")(tensor)
steps = tf.keras.layers.LSTM(3)(tensor)
