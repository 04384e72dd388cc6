"""A classifier of pictures that goes from its convolutions straight to its Dense layers."""

import numpy as np
import tensorflow as tf

pictures = np.zeros((24, 28, 28, 3))
classes = np.eye(6)[np.arange(24) % 6]

model = tf.keras.Sequential()
model.add(tf.keras.Input((28, 28, 3)))
model.add(tf.keras.layers.Conv2D(8, 3, activation="relu"))
model.add(tf.keras.layers.MaxPooling2D())
model.add(tf.keras.layers.Dense(32, activation="relu"))
model.add(tf.keras.layers.Dense(6, activation="softmax"))
model.compile(optimizer="adam", loss="categorical_crossentropy")
model.fit(pictures, classes, verbose=0)
