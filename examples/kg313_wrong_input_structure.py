"""Two lists of numbers in one list are read as one array, and the model takes two."""

import tensorflow as tf
import numpy as np

words = tf.keras.Input((6,), name="words")
marks = tf.keras.Input((6,), name="marks")
merged = tf.keras.layers.Concatenate()([words, marks])
model = tf.keras.Model([words, marks], tf.keras.layers.Dense(2)(merged))

ids = [4, 8, 15, 16, 23, 42]
mask = [1, 1, 1, 1, 0, 0]
print(np.shape(model.predict([[ids, mask]], verbose=0)))
