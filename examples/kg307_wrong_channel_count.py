"""Files with an alpha channel are decoded with all four channels."""

import numpy as np
import tensorflow as tf


def read(path_seed):
    pixels = np.random.default_rng(path_seed).integers(0, 255, (32, 32, 4), dtype="uint8")
    encoded = tf.io.encode_png(pixels)
    return tf.cast(tf.io.decode_png(encoded), tf.float32) / 255.0


backbone = tf.keras.Sequential(
    [tf.keras.Input((32, 32, 3)), tf.keras.layers.Conv2D(4, 3), tf.keras.layers.GlobalAveragePooling2D()]
)
icons = tf.stack([read(seed) for seed in range(4)])
print(backbone(icons).shape)
