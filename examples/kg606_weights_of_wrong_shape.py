"""A matrix of word vectors has no row for the padding."""

import numpy as np
import tensorflow as tf

numbers = {"oak": 1, "ash": 2, "elm": 3, "fir": 4}
rows = len(numbers) + 1
vectors = np.zeros((len(numbers), 6))

model = tf.keras.Sequential()
model.add(tf.keras.Input((3,), dtype="int32"))
model.add(tf.keras.layers.Embedding(rows, 6, name="trees"))
model.add(tf.keras.layers.GlobalAveragePooling1D())
model.get_layer("trees").set_weights([vectors])
print(model.predict(np.array([[1, 4, 0]]), verbose=0).shape)
