"""KG136: the name of an Input holds another tensor when the model is made."""

import numpy as np
from tensorflow import keras

layers = keras.layers

picture = keras.Input((8, 8, 1))
label = keras.Input((4,))
label = layers.Dense(64, activation="relu")(label)
planes = layers.Reshape((8, 8, 1))(label)
both = layers.Concatenate()([picture, planes])
score = layers.Dense(1, activation="sigmoid")(layers.Flatten()(both))

critic = keras.Model([picture, label], score)
critic.compile(optimizer="adam", loss="binary_crossentropy")
critic.fit([np.random.rand(16, 8, 8, 1), np.random.rand(16, 4)], np.ones((16, 1)), verbose=0)
