"""Data is made with the shape of a model's tensor, where the batch is open."""

import tensorflow as tf

layers = tf.keras.layers


def decoder(size):
    code = tf.keras.Input((size,), name="code")
    return tf.keras.Model(code, layers.Dense(28)(layers.Dense(64, activation="relu")(code)))


model = decoder(8)
probe = tf.ones((None, 8))
print(model(probe).shape)
