"""The labels are gathered in a Python list and stay one."""

import numpy as np
import tensorflow as tf


def visits(count):
    rng = np.random.default_rng(7)
    for number in range(count):
        yield rng.random(5), float(number % 2)


pages, bought = [], []
for page, sale in visits(40):
    pages.append(page)
    bought.append(sale)

model = tf.keras.Sequential([tf.keras.Input((5,)), tf.keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
model.fit(np.array(pages), bought, verbose=0)
