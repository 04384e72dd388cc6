"""Sentences of unequal length are put into batches."""

import tensorflow as tf

sentences = tf.ragged.constant([[4, 1, 7], [2, 9], [5, 5, 5, 1], [8, 3, 3]])
moods = [0, 1, 1, 0]

dataset = tf.data.Dataset.from_tensor_slices((sentences, moods))
dataset = dataset.map(lambda words, mood: (words[:3], mood))
dataset = dataset.batch(2)

model = tf.keras.Sequential(
    [tf.keras.layers.Embedding(10, 4), tf.keras.layers.GlobalAveragePooling1D(), tf.keras.layers.Dense(2)]
)
model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(dataset, verbose=0)
