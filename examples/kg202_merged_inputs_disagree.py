"""A residual block widens its tensor and adds the narrow one to it."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers


def residual(x, filters):
    """Return x plus what two convolutions make of it."""
    y = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(filters, 3, padding="same")(y)
    return layers.Add()([y, x])


image = tf.keras.Input((16, 16, 3), name="image")
x = layers.Conv2D(8, 3, padding="same")(image)
model = tf.keras.Model(image, residual(x, 16))
print(model.predict(np.zeros((2, 16, 16, 3)), verbose=0).shape)
