"""Pictures of any size are let in, and flattened in front of a Dense layer."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

image = tf.keras.Input((None, None, 3), name="image")
x = layers.Conv2D(8, 3, activation="relu")(image)
x = layers.Flatten(name="flat")(x)
model = tf.keras.Model(image, layers.Dense(10)(x))
print(model.predict(np.zeros((1, 24, 24, 3)), verbose=0).shape)
