"""A block of recurrent layers inside a model; the condition holds for the last one too."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers


class Block(layers.Layer):
    def __init__(self, depth, units=8, **kwargs):
        super().__init__(**kwargs)
        self.stack = []
        for i in range(depth):
            self.stack.append(layers.Bidirectional(layers.GRU(units, return_sequences=i <= depth - 1)))

    def call(self, x):
        for one in self.stack:
            x = one(x)
        return x


class Net(tf.keras.Model):
    def __init__(self, classes=4):
        super().__init__()
        self.block = Block(2)
        self.head = layers.Dense(classes, activation="softmax")

    def call(self, x, training=None):
        return self.head(self.block(x))


net = Net()
net.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
x = np.random.rand(20, 7, 3).astype("float32")
y = np.eye(4)[np.random.randint(0, 4, 20)]
net.fit(x, y, verbose=0)
