"""The decoder has other units than the encoder whose state it starts from."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

source = tf.keras.Input((7, 5), name="source")
target = tf.keras.Input((9, 5), name="target")
_, state = layers.GRU(24, return_state=True, name="encoder")(source)
decoded = layers.GRU(32, return_sequences=True, name="decoder")(target, initial_state=state)
model = tf.keras.Model([source, target], layers.Dense(5)(decoded))
print(model.predict([np.zeros((2, 7, 5)), np.zeros((2, 9, 5))], verbose=0).shape)
