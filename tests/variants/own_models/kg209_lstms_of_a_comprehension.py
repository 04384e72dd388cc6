"""A reader whose recurrent layers, made in a comprehension, all return the whole sequence."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers


class Reader(keras.Model):
    """Three layers of LSTM, made in a comprehension."""

    def __init__(self, sizes):
        super().__init__()
        self.embed = layers.Embedding(100, 8, mask_zero=True)
        self.cells = [layers.LSTM(size, return_sequences=True) for size in sizes]
        self.out = layers.Dense(5, activation="softmax")

    def call(self, ids):
        x = self.embed(ids)
        for cell in self.cells:
            x = cell(x)
        return self.out(x)


class Trainer:
    def __init__(self):
        self.model = Reader([12, 10, 6])
        self.model.compile("adam", "sparse_categorical_crossentropy")

    def run(self, ids, labels):
        return self.model.fit(ids, labels, epochs=1, verbose=0)


ids = np.random.randint(0, 100, (32, 9))
labels = np.random.randint(0, 5, 32)
Trainer().run(ids, labels)
