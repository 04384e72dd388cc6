"""A model of pictures and facts that is only given the pictures when it predicts."""

import numpy as np
import tensorflow as tf

picture = tf.keras.Input((12, 12, 1), name="picture")
facts = tf.keras.Input((5,), name="facts")
joined = tf.keras.layers.concatenate([tf.keras.layers.Flatten()(picture), tf.keras.layers.Dense(4)(facts)])
model = tf.keras.Model([picture, facts], tf.keras.layers.Dense(1)(joined))
model.compile(optimizer="adam", loss="mse")

house_pictures, house_facts = np.zeros((16, 12, 12, 1)), np.zeros((16, 5))
model.fit([house_pictures, house_facts], np.zeros((16, 1)), verbose=0)
print(model.predict([house_pictures], verbose=0).shape)
