"""Four blocks of convolution and pooling, one too many for pictures of this size."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

model = tf.keras.Sequential([tf.keras.Input((28, 28, 1))])
for filters in (8, 16, 32, 64):
    model.add(layers.Conv2D(filters, 3, activation="relu"))
    model.add(layers.MaxPooling2D())
model.add(layers.Flatten())
model.add(layers.Dense(10))
print(model.predict(np.zeros((2, 28, 28, 1)), verbose=0).shape)
