"""A decoder's Dense layer gives other numbers of entries than its Reshape wants."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

code = tf.keras.Input((6,), name="code")
x = layers.Dense(7 * 7 * 16, name="grow")(code)
x = layers.Reshape((8, 8, 16), name="to_image")(x)
x = layers.Conv2DTranspose(1, 3, strides=2, padding="same")(x)
model = tf.keras.Model(code, x)
print(model.predict(np.zeros((2, 6)), verbose=0).shape)
