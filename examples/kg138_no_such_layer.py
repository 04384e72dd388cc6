"""KG138: the features of a layer that the model does not have under that name."""

import numpy as np
from tensorflow import keras

layers = keras.layers

photo = keras.Input((32, 32, 3))
x = layers.Conv2D(8, 3, activation="relu", name="edges")(photo)
x = layers.Conv2D(16, 3, activation="relu", name="shapes")(x)
classifier = keras.Model(photo, layers.Dense(5)(layers.GlobalAveragePooling2D()(x)))

features = keras.Model(photo, classifier.get_layer("shape").output)
print(features.predict(np.random.rand(2, 32, 32, 3), verbose=0).shape)
