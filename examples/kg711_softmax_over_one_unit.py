import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

mails = np.random.default_rng(0).random((80, 30)).astype("float32")
is_spam = (mails[:, 0] > 0.5).astype("float32")

inputs = tf.keras.Input((30,), name="words")
hidden = layers.Dense(16, activation="relu")(inputs)
spam = layers.Dense(1, activation="softmax", name="spam")(hidden)
model = tf.keras.Model(inputs, spam)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(mails, is_spam, epochs=2, verbose=0)
