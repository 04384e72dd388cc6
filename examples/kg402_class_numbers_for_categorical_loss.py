"""Class numbers meet the loss for one-hot rows."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
readings = rng.normal(size=(90, 6)).astype("float32")
species = rng.integers(0, 3, 90)

model = tf.keras.Sequential(
    [tf.keras.Input((6,)), tf.keras.layers.Dense(12, activation="relu"), tf.keras.layers.Dense(3, activation="softmax")]
)
model.compile(optimizer="adam", loss=tf.keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
model.fit(readings, species, verbose=0)
