"""The tensor stands between the parentheses that make the layer."""

import tensorflow as tf

layers = tf.keras.layers


def discriminator(labels):
    image = tf.keras.Input((32, 32, 3))
    x = layers.Conv2D(8, 3, activation="relu")(image)
    x = layers.GlobalMaxPooling2D(x)
    return tf.keras.Model(image, layers.Dense(labels, activation="softmax")(x))


model = discriminator(labels=3)
print(model.output_shape)
