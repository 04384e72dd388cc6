"""A subclassed model is asked for its symbolic input and output."""

import numpy as np
import tensorflow as tf


class Encoder(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.code = tf.keras.layers.Dense(4, activation="relu")

    def call(self, x):
        return self.code(x)


encoder = Encoder()
print(encoder(np.ones((2, 10), "float32")).shape)
scores = tf.keras.layers.Dense(3)(encoder.output)
classifier = tf.keras.Model(encoder.input, scores)
