"""1-D residual net: the shortcut is only projected for another stride."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers


class Builder:
    def __init__(self, widths):
        self.widths = widths

    def block(self, x, n, down):
        skip = x if down == 1 else layers.Conv1D(n, 1, strides=down, padding="same")(x)
        out = layers.Conv1D(n, 3, strides=down, padding="same", activation="relu")(x)
        out = layers.Conv1D(n, 3, padding="same")(out)
        return layers.Activation("relu")(layers.add([skip, out]))

    def build(self, length):
        x = inputs = keras.Input((length, 2))
        for i, n in enumerate(self.widths):
            x = self.block(x, n, 1 if i == 0 else 2)
        return keras.Model(inputs, layers.Dense(3)(layers.GlobalMaxPooling1D()(x)))


model = Builder([8, 16]).build(32)
print(model(np.zeros((2, 32, 2))).shape)
