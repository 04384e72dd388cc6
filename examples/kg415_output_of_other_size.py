"""Pictures of 14 pixels are halved to 7 and 4, and doubled to 8 and 16 again."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

digits = np.random.default_rng(3).random((20, 14, 14, 1)).astype("float32")

denoiser = tf.keras.Sequential(
    [
        tf.keras.Input((14, 14, 1)),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(padding="same"),
        layers.MaxPooling2D(padding="same"),
        layers.UpSampling2D(),
        layers.UpSampling2D(),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ]
)
denoiser.compile("adam", "mse")
denoiser.fit(digits, digits, verbose=0)
