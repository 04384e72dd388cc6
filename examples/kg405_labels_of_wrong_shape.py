"""The masks are read with three channels, the network predicts one."""

import numpy as np
import tensorflow as tf


def masks(count):
    rng = np.random.default_rng(7)
    gray = (rng.random((count, 16, 16, 1)) > 0.5).astype("float32")
    return np.repeat(gray, 3, axis=-1)


pictures = np.random.default_rng(1).random((12, 16, 16, 3)).astype("float32")
cells = masks(12)
segmenter = tf.keras.Sequential([tf.keras.Input((16, 16, 3)), tf.keras.layers.Conv2D(1, 3, padding="same")])
segmenter.compile("adam", tf.keras.losses.BinaryCrossentropy(from_logits=True))
segmenter.evaluate(pictures, cells, verbose=0)
segmenter.fit(pictures, cells, verbose=0)
