"""Two encoders of other widths, of which one is the sum of two branches."""

import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Concatenate, Conv1D, Dense, GlobalMaxPooling1D, Layer
from tensorflow.keras import Model


class TextEncoder(Layer):
    def __init__(self):
        super().__init__()
        self.narrow = Conv1D(10, 3, activation="relu")
        self.wide = Conv1D(10, 5, activation="relu")
        self.pool = GlobalMaxPooling1D()
        self.join = Concatenate()

    def call(self, text):
        return self.join([self.pool(self.narrow(text)), self.pool(self.wide(text))])


class ImageEncoder(Layer):
    def __init__(self, width):
        super().__init__()
        self.dense = Dense(width)

    def call(self, image):
        return self.dense(image)


class Clip(Model):
    def __init__(self):
        super().__init__()
        self.text, self.image = TextEncoder(), ImageEncoder(32)

    def call(self, pair):
        text, image = pair
        return self.text(text) @ tf.transpose(self.image(image))


class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = tf.keras.optimizers.SGD(0.1)

    def step(self, text, image):
        with tf.GradientTape() as tape:
            scores = self.model((text, image))
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.range(len(text)), scores))
        weights = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss


trainer = Trainer(Clip())
trainer.step(np.random.rand(6, 12, 4).astype("float32"), np.random.rand(6, 20).astype("float32"))
