"""Sentences of different length are given to a convolution as a ragged tensor."""

import tensorflow as tf

layers = tf.keras.layers

ids = tf.ragged.constant([[3, 1, 4], [1, 5], [9, 2, 6, 5], [3]])
labels = tf.constant([[0.0], [1.0], [1.0], [0.0]])

tokens = tf.keras.Input(shape=(None,), dtype="int32")
x = layers.Embedding(10, 8)(tokens)
x = layers.GlobalMaxPooling1D()(layers.Conv1D(8, 1)(x))
model = tf.keras.Model(tokens, layers.Dense(1, activation="sigmoid")(x))
model.compile("adam", "binary_crossentropy")
model.fit(ids, labels, verbose=0)
