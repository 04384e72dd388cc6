"""A model of one's own class is made with its two sizes in the wrong order."""

import numpy as np
import tensorflow as tf


class Policy(tf.keras.Model):
    def __init__(self, observation_size, n_actions):
        super().__init__()
        self.body = tf.keras.Sequential([tf.keras.Input((observation_size,)), tf.keras.layers.Dense(16)])
        self.head = tf.keras.layers.Dense(n_actions)

    def call(self, observations):
        return self.head(self.body(observations))


SENSORS, MOVES = 8, 3

policy = Policy(MOVES, SENSORS)
observations = np.zeros((5, SENSORS), "float32")
print(policy(observations).shape)
