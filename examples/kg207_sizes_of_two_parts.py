"""The discriminator is built for other pictures than the generator makes."""

import numpy as np
import tensorflow as tf

layers = tf.keras.layers

SIDE = 28


def make_generator():
    """Return a model from noise to pictures."""
    noise = tf.keras.Input((8,))
    x = layers.Reshape((4, 4, 4))(layers.Dense(64)(noise))
    for _ in range(3):
        x = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x)
    return tf.keras.Model(noise, x, name="generator")


def make_discriminator():
    """Return a model from pictures to a score."""
    picture = tf.keras.Input((SIDE, SIDE, 4), name="picture")
    return tf.keras.Model(picture, layers.Dense(1)(layers.Flatten()(picture)), name="discriminator")


generator, discriminator = make_generator(), make_discriminator()
score = discriminator(generator(generator.input))
print(tf.keras.Model(generator.input, score).predict(np.zeros((2, 8)), verbose=0).shape)
