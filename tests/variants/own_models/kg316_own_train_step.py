"""An autoencoder that trains its parts by itself, made with its two sizes in the wrong order."""

import numpy as np
import tensorflow as tf
from tensorflow import keras


class Autoencoder(keras.Model):
    def __init__(self, latent, size):
        super().__init__()
        self.encoder = keras.Sequential([keras.Input((size,)), keras.layers.Dense(latent)])
        self.decoder = keras.Sequential([keras.Input((latent,)), keras.layers.Dense(size)])

    def train_step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.decoder(self.encoder(x)) - x) ** 2)
        w = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, w), w))
        return {"loss": loss}

    def call(self, x):
        return self.decoder(self.encoder(x))


def main(n_features=30, n_latent=5):
    data = tf.data.Dataset.from_tensor_slices(np.random.rand(64, n_features).astype("float32")).batch(16)
    model = Autoencoder(n_features, n_latent)
    model.compile("adam")
    model.fit(data, epochs=1, verbose=0)


main()
