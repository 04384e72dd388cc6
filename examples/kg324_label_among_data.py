"""The labels are a column of the table, and the table goes into the model as it is."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(3)
table = np.column_stack([rng.random((40, 4)), rng.integers(0, 3, 40)])

x = table
y = table[:, -1].astype(int)

cells = tf.keras.Input((4,), name="cells")
hidden = tf.keras.layers.Dense(8, activation="relu")(cells)
model = tf.keras.Model(cells, tf.keras.layers.Dense(3, activation="softmax")(hidden))
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, verbose=0)
