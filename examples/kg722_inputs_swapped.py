import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

rng = np.random.default_rng(0)
question_vectors = rng.random((32, 16)).astype("float32")
answer_vectors = rng.random((32, 16)).astype("float32")
helpful = rng.integers(0, 2, (32, 1))

question = tf.keras.Input((16,), name="question")
answer = tf.keras.Input((16,), name="answer")
both = layers.concatenate([layers.Dense(8)(question), layers.Dense(4)(answer)])
model = tf.keras.Model([question, answer], layers.Dense(1, activation="sigmoid")(both))
model.compile("adam", "binary_crossentropy")
model.fit([answer_vectors, question_vectors], helpful, verbose=0)
