"""One picture is given to a model that takes batches of pictures."""

import numpy as np
import tensorflow as tf


def load_picture(seed):
    pixels = np.random.default_rng(seed).integers(0, 255, (32, 32, 3))
    return (pixels / 255).astype("float32")


picture_in = tf.keras.Input((32, 32, 3), name="picture")
features = tf.keras.layers.Conv2D(4, 3)(picture_in)
scores = tf.keras.layers.Dense(5)(tf.keras.layers.GlobalAveragePooling2D()(features))
model = tf.keras.Model(picture_in, scores)

cat = load_picture(7)
print(model.predict(cat, verbose=0).shape)
