"""The `call` of a layer computes its result and does not return it."""

import tensorflow as tf


class AttentionPool(tf.keras.layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.weigh = tf.keras.layers.Dense(1)

    def call(self, sequence):
        weights = tf.nn.softmax(self.weigh(sequence), axis=1)
        pooled = tf.reduce_sum(weights * sequence, axis=1)


words = tf.keras.Input((12, 8))
context = AttentionPool(name="attention")(words)
model = tf.keras.Model(words, tf.keras.layers.Dense(2)(context))
