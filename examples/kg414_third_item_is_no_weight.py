"""The name of each file travels with data and label, and is taken for a sample weight."""

import numpy as np
import tensorflow as tf

names = np.array([f"field_{number}.tif" for number in range(24)])
yields = np.linspace(0, 1, 24, dtype="float32").reshape(-1, 1)


def load(name, harvest):
    size = tf.cast(tf.strings.length(name), tf.float32)
    return tf.fill([8], size), harvest, name


fields = tf.data.Dataset.from_tensor_slices((names, yields)).map(load).batch(6)
model = tf.keras.Sequential([tf.keras.Input((8,)), tf.keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(fields, verbose=0)
