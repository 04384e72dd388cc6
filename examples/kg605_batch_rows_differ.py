"""Data and labels of a batch are sliced in different ways."""

import numpy as np
import tensorflow as tf


class Batches(tf.keras.utils.Sequence):
    def __init__(self, songs, moods):
        super().__init__()
        self.songs, self.moods = songs, moods

    def __len__(self):
        return 5

    def __getitem__(self, index):
        start = index * 8
        return self.songs[start : start + 8], self.moods[start : start + 4]


rng = np.random.default_rng(7)
feed = Batches(rng.random((40, 12)).astype("float32"), np.eye(3)[rng.integers(0, 3, 40)])
model = tf.keras.Sequential([tf.keras.Input((12,)), tf.keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "categorical_crossentropy")
model.fit(feed, verbose=0)
