"""Sequence tagger: model made inside a trainer with keyword arguments in the wrong places."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

CONFIG = {"vocabulary": 50, "channels": 6, "width": 20}


class Encoder(keras.layers.Layer):
    def __init__(self, width, channels):
        super().__init__()
        self.kernel = self.add_weight(shape=(channels, width), name="kernel")

    def call(self, x):
        return tf.nn.relu(tf.matmul(x, self.kernel))


class Classifier(keras.Model):
    def __init__(self, width, channels, classes=3):
        super().__init__()
        self.encoder = Encoder(width, channels)
        self.pool = keras.layers.GlobalAveragePooling1D()
        self.head = keras.layers.Dense(classes, activation="softmax")

    def call(self, x):
        return self.head(self.pool(self.encoder(x)))


class Trainer:
    def __init__(self, config):
        self.config = config
        self.model = Classifier(width=config["channels"], channels=config["width"])
        self.model.compile("adam", "sparse_categorical_crossentropy")

    def run(self, x, y):
        self.model.fit(x, y, epochs=1, verbose=0)
        return self.model.predict(x, verbose=0)


x = np.random.rand(24, 11, CONFIG["channels"]).astype("float32")
y = np.random.randint(0, 3, 24)
print(Trainer(CONFIG).run(x, y).shape)
