import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(0)
heartbeats = rng.random((30, 25, 2)).astype("float32")
risk = heartbeats.mean(axis=(1, 2)).reshape(-1, 1)

model = tf.keras.Sequential(
    [
        tf.keras.Input((25, 2)),
        layers.LSTM(8, return_sequences=True),
        layers.Dense(1),
    ]
)
model.compile("adam", "mse")
model.fit(heartbeats, risk, verbose=0)
