"""Square pictures are given to a model that was built for flat rows."""

import numpy as np
import tensorflow as tf

digits = np.random.default_rng(7).random((30, 28, 28)).astype("float32")
labels = np.arange(30) % 10

model = tf.keras.Sequential(
    [
        tf.keras.Input((784,)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(digits, labels, verbose=0)
