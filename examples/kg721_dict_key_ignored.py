import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(0)
age, income, city = (rng.random((40, 1)).astype("float32") for _ in range(3))

inputs = {name: tf.keras.Input((1,), name=name) for name in ("age", "income")}
hidden = layers.Dense(8, activation="relu")(layers.concatenate(list(inputs.values())))
model = tf.keras.Model(inputs, layers.Dense(1)(hidden))
model.compile("adam", "mse")
model.fit({"age": age, "income": income, "city": city}, income * 2, verbose=0)
