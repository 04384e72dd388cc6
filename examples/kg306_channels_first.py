"""Pictures in the order of another framework: channels in front of height and width."""

import numpy as np
import tensorflow as tf

model = tf.keras.Sequential(
    [
        tf.keras.Input((28, 30, 3)),
        tf.keras.layers.Conv2D(4, 3, strides=2),
        tf.keras.layers.GlobalMaxPooling2D(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy")

pictures = np.random.default_rng(5).random((10, 3, 28, 30)).astype("float32")
is_cat = np.arange(10).reshape(10, 1) % 2
model.fit(pictures, is_cat, verbose=0)
