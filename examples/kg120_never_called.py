"""The last layer is made, but never called."""

import tensorflow as tf

layers = tf.keras.layers


def detector(size):
    frames = tf.keras.Input((size, size, 1))
    x = layers.Conv2D(16, 2, strides=2)(frames)
    x = layers.Flatten()(x)
    x = layers.Dense(1, activation="sigmoid")
    return tf.keras.Model(frames, x)


model = detector(24)
model.compile("adam", "binary_crossentropy")
