"""Two inputs are passed in the other order than the model lists them."""

import numpy as np
import tensorflow as tf

image = tf.keras.Input((16, 16, 3), name="image")
details = tf.keras.Input((5,), name="details")
merged = tf.keras.layers.Concatenate()([tf.keras.layers.Flatten()(image), details])
model = tf.keras.Model([image, details], tf.keras.layers.Dense(1)(merged))

rng = np.random.default_rng(8)
photos = rng.random((6, 16, 16, 3)).astype("float32")
facts = rng.random((6, 5)).astype("float32")
print(model.predict([facts, photos], verbose=0).shape)
