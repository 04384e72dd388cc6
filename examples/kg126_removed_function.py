"""A backend function is fed the learning phase, which is no tensor any more."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K

inputs = tf.keras.Input((30,))
code = tf.keras.layers.Dense(12, activation="relu", name="code")(inputs)
outputs = tf.keras.layers.Dense(30)(tf.keras.layers.Dropout(0.3)(code))
model = tf.keras.Model(inputs, outputs)


def codes(x):
    run = K.function([model.input, K.learning_phase()], [code])
    return run([x, 0])[0]


print(codes(np.eye(30, dtype="float32")).shape)
