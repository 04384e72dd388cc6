"""A batch of signals gets a second batch axis."""

import numpy as np
import tensorflow as tf

model = tf.keras.Sequential(
    [
        tf.keras.Input((50, 2)),
        tf.keras.layers.Conv1D(8, 5, activation="relu"),
        tf.keras.layers.GlobalMaxPooling1D(),
        tf.keras.layers.Dense(1),
    ]
)

signals = np.random.default_rng(1).normal(size=(8, 50, 2)).astype("float32")
batch = np.expand_dims(signals, axis=0)
print(model(batch).shape)
