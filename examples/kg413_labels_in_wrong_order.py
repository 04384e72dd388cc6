"""The labels of two outputs are listed in the other order."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
spectra = rng.random((24, 16))
position, material = rng.random((24, 3)), np.eye(5)[np.arange(24) % 5]

spectrum = tf.keras.Input((16,), name="spectrum")
where = tf.keras.layers.Dense(3, name="where")(spectrum)
what = tf.keras.layers.Dense(5, activation="softmax", name="what")(spectrum)
scanner = tf.keras.Model(spectrum, [where, what])
scanner.compile("adam", loss=["mse", "categorical_crossentropy"])
scanner.fit(spectra, [material, position], verbose=0)
