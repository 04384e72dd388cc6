"""A training step unpacks two parts, and there are weights as well."""

import numpy as np
import tensorflow as tf


class Regressor(tf.keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x, training=True) - y))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return {"loss": loss}


rng = np.random.default_rng(7)
soil, yields, trust = (rng.random((32, size)).astype("float32") for size in (5, 1, 1))
entry = tf.keras.Input((5,))
model = Regressor(entry, tf.keras.layers.Dense(1)(entry))
model.compile("sgd")
model.fit(soil, yields, sample_weight=trust[:, 0], verbose=0)
