"""A key of the dict is not the name of the input it is meant for."""

import numpy as np
import tensorflow as tf

user = tf.keras.Input((4,), name="user")
article = tf.keras.Input((9,), name="article")
merged = tf.keras.layers.Concatenate()([user, article])
model = tf.keras.Model({"user": user, "article": article}, tf.keras.layers.Dense(1)(merged))

rng = np.random.default_rng(9)
features = {
    "user": rng.random((3, 4)).astype("float32"),
    "item": rng.random((3, 9)).astype("float32"),
}
print(model(features).shape)
