"""A layer of tf_keras is added to a model of Keras 3."""

import keras
import tf_keras


class Encoder(tf_keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(shape[-1],))

    def call(self, x):
        return x * self.scale


encoder = Encoder()
model = keras.Sequential()
model.add(encoder)
model.add(keras.layers.Dense(3))
