"""A loop goes over the rows of a tensor that has no values yet."""

import tensorflow as tf

layers = tf.keras.layers

words = tf.keras.Input((6,), dtype="int32", name="words")
vectors = layers.Embedding(80, 12)(words)
gate = layers.Dense(12, activation="sigmoid")

gated = []
for word in vectors:
    gated.append(layers.Multiply()([word, gate(word)]))

topic = layers.Dense(4, activation="softmax")(layers.Average()(gated))
model = tf.keras.Model(words, topic)
