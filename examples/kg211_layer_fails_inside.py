"""A layer of one's own is made for vectors of another size than the layer before it gives."""

import numpy as np
import tensorflow as tf


class Projection(tf.keras.layers.Layer):
    def __init__(self, units, size=16):
        super().__init__(name="projection")
        self.kernel = self.add_weight(name="kernel", shape=(size, units))

    def call(self, x):
        return tf.matmul(x, self.kernel)


table = tf.keras.Input((10,), name="table")
x = tf.keras.layers.Dense(12, activation="relu")(table)
x = Projection(4)(x)
model = tf.keras.Model(table, x)
print(model.predict(np.zeros((2, 10)), verbose=0).shape)
