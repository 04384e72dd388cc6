"""One-hot encoded labels meet the sparse cross-entropy."""

import numpy as np
import tensorflow as tf


def digits(count):
    rng = np.random.default_rng(7)
    images = rng.random((count, 8, 8)).astype("float32")
    return images, tf.keras.utils.to_categorical(rng.integers(0, 10, count), 10)


images, numbers = digits(64)
model = tf.keras.Sequential(
    [tf.keras.Input((8, 8)), tf.keras.layers.Flatten(), tf.keras.layers.Dense(10, activation="softmax")]
)
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(images, numbers, verbose=0)
