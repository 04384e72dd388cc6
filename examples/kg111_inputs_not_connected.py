"""A new Input for a pretrained base, and a head that still hangs on the base's own Input."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers


def make_base():
    """Stand in for a pretrained network."""
    image = tf.keras.Input((32, 32, 3))
    x = layers.Conv2D(8, 3, activation="relu")(image)
    return tf.keras.Model(image, layers.GlobalAveragePooling2D()(x), name="base")


base = make_base()
photo = tf.keras.Input((32, 32, 3), name="photo")
x = layers.Rescaling(1 / 255)(photo)
x = base.output
model = tf.keras.Model(photo, layers.Dense(2)(x))
print(model.predict(np.zeros((4, 32, 32, 3)), verbose=0).shape)
