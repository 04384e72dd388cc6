"""Only the labels for training are one-hot encoded."""

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(7)
sounds, birds = rng.random((60, 20)), np.arange(60) % 5

train_x, test_x = sounds[:45], sounds[45:]
train_y, test_y = birds[:45], birds[45:]
train_y = tf.keras.utils.to_categorical(train_y, 5)

model = tf.keras.Sequential([tf.keras.Input((20,)), tf.keras.layers.Dense(5, activation="softmax")])
model.compile("adam", "categorical_crossentropy")
model.fit(train_x, train_y, validation_data=(test_x, test_y), verbose=0)
