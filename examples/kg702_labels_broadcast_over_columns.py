import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(0)
spectra = rng.random((48, 20)).astype("float32")
concentrations = rng.random((48, 3)).astype("float32")

model = tf.keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(1)])
model.compile("adam", "mse")
model.fit(spectra, concentrations, epochs=2, verbose=0)
