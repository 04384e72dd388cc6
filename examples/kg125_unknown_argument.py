"""The model is made with the argument names of an older Keras."""

import tensorflow as tf

layers = tf.keras.layers


def face_net(size):
    picture = tf.keras.Input((size, size, 3))
    x = layers.Flatten()(layers.Conv2D(10, 3)(picture))
    face = layers.Dense(2, activation="softmax")(x)
    return tf.keras.Model(input=picture, output=face)


model = face_net(12)
print(model.output_shape)
