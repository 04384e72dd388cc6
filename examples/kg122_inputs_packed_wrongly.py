"""Two tensors are given to Concatenate one by one instead of as a list."""

import tensorflow as tf

layers = tf.keras.layers


def towers(left_size, right_size):
    left = tf.keras.Input((left_size,), name="left")
    right = tf.keras.Input((right_size,), name="right")
    merged = layers.Concatenate()(left, right)
    return tf.keras.Model([left, right], layers.Dense(1)(merged))


model = towers(4, 6)
print(model.output_shape)
