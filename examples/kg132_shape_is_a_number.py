"""The shape of a Reshape layer is given as a number."""

import tensorflow as tf

layers = tf.keras.layers


def decoder(size):
    code = tf.keras.Input((4,), name="code")
    x = layers.Dense(size * 2, activation="relu")(code)
    x = layers.Reshape(size * 2)(x)
    return tf.keras.Model(code, layers.Dense(size)(x))


model = decoder(28)
print(model.output_shape)
