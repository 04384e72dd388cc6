"""An Input is told its shape twice, with and without the batch axis."""

import tensorflow as tf

layers = tf.keras.layers


def regressor(columns):
    table = tf.keras.Input(shape=(columns,), batch_shape=(None, columns), name="table")
    hidden = layers.Dense(16, activation="relu")(table)
    return tf.keras.Model(table, layers.Dense(1)(hidden))


model = regressor(columns=7)
print(model.output_shape)
