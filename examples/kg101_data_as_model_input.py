"""The layers are called on the first batch of a dataset, and the model is built on it."""

import tensorflow as tf


def sensor_windows(count):
    values = tf.random.uniform((count, 20, 4))
    return tf.data.Dataset.from_tensor_slices((values, values[:, 0, :1])).batch(16)


windows = sensor_windows(64)
batch, target = next(iter(windows))
hidden = tf.keras.layers.Conv1D(8, 3, activation="relu")(batch)
pooled = tf.keras.layers.GlobalAveragePooling1D()(hidden)
model = tf.keras.Model(inputs=batch, outputs=tf.keras.layers.Dense(1)(pooled))
model.compile("adam", "mse")
model.fit(windows, verbose=0)
