"""Every head of the model names its hidden layer the same."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers


def head(features, task):
    """Return one output."""
    hidden = layers.Dense(8, activation="relu", name="hidden")(features)
    return layers.Dense(1, name=task)(hidden)


camera = tf.keras.Input((64,), name="camera")
model = tf.keras.Model(camera, [head(camera, "steer"), head(camera, "brake")])
print([output.shape for output in model.predict(np.zeros((4, 64)), verbose=0)])
