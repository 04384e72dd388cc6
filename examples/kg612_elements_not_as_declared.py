"""A generator yields readings of four sensors, the signature declares three."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)


def readings():
    for hour in range(24):
        yield rng.random((10, 4)), hour % 2


dataset = tf.data.Dataset.from_generator(
    readings,
    output_signature=(tf.TensorSpec((10, 3), tf.float32), tf.TensorSpec((), tf.int32)),
)

for windows, _labels in dataset.batch(6):
    print(windows.shape)
