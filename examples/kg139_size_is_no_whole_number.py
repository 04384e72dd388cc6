"""The number of steps of a decoder comes out of a true division."""

import tensorflow as tf

layers = tf.keras.layers


def steps(seconds, hop):
    return seconds * 1000 / hop


def decoder(codes, seconds, hop, width=8):
    code = tf.keras.Input((codes,))
    x = layers.Dense(width)(code)
    x = layers.RepeatVector(steps(seconds, hop))(x)
    return tf.keras.Model(code, layers.GRU(width, return_sequences=True)(x))


model = decoder(4, seconds=2, hop=250)
print(model.output_shape)
