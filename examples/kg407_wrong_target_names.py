"""A key of the labels is not the name of the output layer."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
scans = rng.random((24, 10)).astype("float32")
scan = tf.keras.Input((10,))
outputs = {
    "density": tf.keras.layers.Dense(1, name="density")(scan),
    "volume": tf.keras.layers.Dense(1, name="volume")(scan),
}
model = tf.keras.Model(scan, outputs)
model.compile("adam", {"density": "mse", "volume": "mse"})
measured = {"densities": rng.random((24, 1)), "volume": rng.random((24, 1))}
model.fit(scans, measured, verbose=0)
