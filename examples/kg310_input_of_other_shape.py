"""A column was added to the table, and the model's Input still has the old width."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(11)
table = rng.random((40, 6)).astype("float32")
bought = rng.integers(0, 2, (40, 1)).astype("float32")

model = tf.keras.Sequential(
    [
        tf.keras.Input((5,)),
        tf.keras.layers.Dense(8, activation="relu"),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy")
model.fit(table, bought, verbose=0)
