"""A pipeline yields single rows: Keras batches arrays by itself, datasets never."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(2)
rows = rng.random((60, 12)).astype("float32")
prices = rng.random((60, 1)).astype("float32")


def pipeline(x, y):
    return tf.data.Dataset.from_tensor_slices((x, y)).shuffle(60).prefetch(2)


train = pipeline(rows, prices)
model = tf.keras.Sequential(
    [tf.keras.Input((12,)), tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(1)]
)
model.compile("adam", "mse")
model.fit(train, verbose=0)
