"""Programs with one mistake each: what they have before the model runs, and the line to blame."""

from __future__ import annotations

from tests.variants.run_modes.mistake import Mistake, each

LABEL_LESS = each("predict predict_on_batch call", "takes no labels")
AT_THE_BATCH = each("train_on_batch test_on_batch predict_on_batch tape", "run") | {"function": "steps"}
PIPELINES = each("generator dataset sequence", "what a pipeline hands out is not compared with the inputs' structure")
OWN_LOOP = each("tape function", "the loop decides by itself")
SCANS = """
def scans(count):
    return np.random.rand(count, 12, 14)


"""
SCAN_MODEL = """
model = keras.Sequential([
    keras.Input((12, 14, 1)),
    layers.Conv2D(3, 3),
    layers.GlobalAveragePooling2D(),
    layers.Dense(2),
])
model.compile("sgd", "mse"{how})
"""
TABLE_MODEL = """
age = keras.Input((6,), name="vitals")
drug = keras.Input((3,), name="drugs")
hidden = layers.Dense(8, activation="relu")(layers.Concatenate()([age, drug]))
model = keras.Model({inputs}, layers.Dense(1)(hidden))
model.compile("sgd", "mse"{how})
vitals = np.random.rand(12, 6)
drugs = np.random.rand(12, 3)
y = np.random.rand(12, 1)
"""
CLASSIFIER = """
entrance = keras.Input((9,))
hidden = layers.Dense(8, activation="relu")(entrance)
model = keras.Model(entrance, layers.Dense(5, activation="softmax")(hidden))
"""

BARE_WIDTH = "in one batch the width of the labels, a bare number, is blamed, and not the layer"
MISTAKES: dict[str, Mistake] = {
    "missing batch axis": Mistake(
        "KG301",
        SCAN_MODEL
        + """
x = np.random.rand(12, 12, 14, 1)
y = np.random.rand(12, 2)
""",
        batch="x[i]",
        labels="y[i]",
        whole="x[0]",
        whole_labels="y[0]",
        cause="run",
        moved=each("generator sequence", "yield") | {"function": "steps"},
        gaps={
            "dataset": "from_tensor_slices itself refuses rows of different number",
            "tf_keras sequence": "the axes of a sample are taken for those of a batch while all shapes are free",
        },
    ),
    "missing channel axis": Mistake(
        "KG305",
        SCANS
        + """
model = keras.Sequential([
    layers.Conv2D(3, 3, padding="same"),
    layers.GlobalAveragePooling2D(),
    layers.Dense(2),
])
model.compile("sgd", "mse"{how})
x = scans(12)  # mark: cause
y = np.zeros((12, 2))
""",
        moved={"dataset": "run", "function": "steps"} | each("tf_keras generator|tf_keras sequence", "yield"),
        gaps=each(
            "keras3 generator|keras3 sequence", "the build of an unbuilt model fails with shapes that are all free"
        ),
    ),
    "wrong feature count": Mistake(
        "KG310",
        """
model = keras.Sequential([keras.Input((9,)), layers.Dense(8, activation="relu"), layers.Dense(1)])  # mark: cause
model.compile("sgd", "mse"{how})
table = np.random.rand(12, 9)
x, y = table[:, :8], table[:, 8:]
""",
    ),
    "wrong input names": Mistake(
        "KG312",
        TABLE_MODEL.replace("{inputs}", '{"vitals": age, "drugs": drug}')
        + """x = {"vitals": vitals, "medication": drugs}  # mark: cause
""",
        batch="{name: rows[i : i + 4] for name, rows in x.items()}",
        rows="len(y)",
    ),
    "wrong input structure": Mistake(
        "KG313",
        TABLE_MODEL.replace("{inputs}", "[age, drug]")
        + """x = (vitals, drugs, drugs)  # mark: cause
""",
        batch="(vitals[i : i + 4], drugs[i : i + 4], drugs[i : i + 4])",
        rows="len(y)",
        moved=AT_THE_BATCH,
        gaps=PIPELINES,
    ),
    "missing input": Mistake(
        "KG314",
        TABLE_MODEL.replace("{inputs}", "[age, drug]")
        + """x = vitals
""",
        cause="run",
    ),
    "inputs exchanged": Mistake(
        "KG311",
        TABLE_MODEL.replace("{inputs}", "[age, drug]")
        + """x = (drugs, vitals)  # mark: cause
""",
        batch="(drugs[i : i + 4], vitals[i : i + 4])",
        rows="len(y)",
        moved=AT_THE_BATCH,
        gaps={"dataset": PIPELINES["dataset"]} | each("keras3 generator|keras3 sequence", PIPELINES["sequence"]),
        impossible=each(
            "tf_keras generator|tf_keras sequence", "the shapes are free, and an axis too few is broadcast"
        ),
    ),
    "different lengths": Mistake(
        "KG321",
        """
model = keras.Sequential([keras.Input((9,)), layers.Dense(8, activation="relu"), layers.Dense(2)])
model.compile("sgd", "mse"{how})
table = np.random.rand(14, 11)
x = table[:, :9]  # mark: cause
y = table[:10, 9:]
""",
        moved=each("tape train_on_batch test_on_batch", "run")
        | each("generator sequence", "yield")
        | {"function": "steps"},
        other=each("generator sequence", "KG607"),
        first=8,
        impossible=LABEL_LESS,
        gaps={"dataset": "from_tensor_slices itself refuses rows of different number"},
    ),
    "one-hot labels for a sparse loss": Mistake(
        "KG401",
        CLASSIFIER
        + """
model.compile("sgd", "sparse_categorical_crossentropy"{how})  # mark: compile
x = np.random.rand(12, 9)
y = np.eye(5)[np.arange(12) % 5]  # mark: cause
""",
        loss="keras.losses.SparseCategoricalCrossentropy()",
        moved={"dataset": "compile"},
        impossible=LABEL_LESS,
    ),
    "class numbers for a categorical loss": Mistake(
        "KG402",
        CLASSIFIER
        + """
model.compile("sgd", "categorical_crossentropy"{how})  # mark: cause
x = np.random.rand(12, 9)
y = np.arange(12) % 5
""",
        loss="keras.losses.CategoricalCrossentropy()",
        moved=each("tape function", "loss"),
        impossible=LABEL_LESS,
    ),
    "units and classes": Mistake(
        "KG403",
        """
entrance = keras.Input((9,))
hidden = layers.Dense(8, activation="relu")(entrance)
model = keras.Model(entrance, layers.Dense(5, activation="softmax")(hidden))  # mark: cause
model.compile("sgd", "categorical_crossentropy"{how})
x = np.random.rand(12, 9)
y = np.eye(7)[np.arange(12) % 7]
""",
        loss="keras.losses.CategoricalCrossentropy()",
        impossible=LABEL_LESS,
        gaps=dict.fromkeys(("train_on_batch", "test_on_batch", "function"), BARE_WIDTH),
    ),
    "label range": Mistake(
        "KG404",
        CLASSIFIER
        + """
model.compile("sgd", "sparse_categorical_crossentropy"{how})
x = np.random.rand(12, 9)
y = 1 + np.arange(12) % 5  # mark: cause
""",
        loss="keras.losses.SparseCategoricalCrossentropy()",
        first=4,
        impossible=LABEL_LESS | {"jit": "compiled code counts a label outside the classes as none"},
        gaps={"function": "nothing tells which values a running tf.function of the user's own had"},
    ),
    "label shape": Mistake(
        "KG405",
        """
entrance = keras.Input((9,))
model = keras.Model(entrance, layers.Dense(3, activation="sigmoid")(entrance))
model.compile("sgd", "binary_crossentropy"{how})
x = np.random.rand(12, 9)
y = np.random.randint(0, 2, (12, 1, 3))  # mark: cause
""",
        loss="keras.losses.BinaryCrossentropy()",
        impossible=LABEL_LESS,
    ),
    "wrong sample weights": Mistake(
        "KG408",
        """
model = keras.Sequential([keras.Input((9,)), layers.Dense(2)])
model.compile("sgd", "mse"{how})
x = np.random.rand(12, 9)
y = np.random.rand(12, 2)
w = np.ones((12, 3))  # mark: cause
""",
        weights=True,
        impossible=LABEL_LESS | OWN_LOOP,
        gaps=each("tf_keras generator|tf_keras sequence", "the spec of a batch leaves the rank of the weights open"),
    ),
    "id outside the Embedding": Mistake(
        "KG601",
        """
words = keras.Input((7,), dtype="int32")
vectors = layers.Embedding(20, 4)(words)  # mark: cause
model = keras.Model(words, layers.Dense(1)(layers.GlobalAveragePooling1D()(vectors)))
model.compile("sgd", "mse"{how})
x = np.arange(84).reshape(12, 7) % 20 + 1
y = np.zeros((12, 1))
""",
        impossible={"jit": "compiled code takes the last row for an id that is too large"},
        gaps={"function": "nothing tells which values a running tf.function of the user's own had"},
    ),
    "smaller last batch": Mistake(
        "KG602",
        """
entrance = keras.Input(batch_shape=(4, 9))
blocks = layers.Lambda(lambda tensor: tf.reshape(tensor, (4, 3, 3)))(entrance)
model = keras.Model(entrance, layers.Dense(1)(layers.Flatten()(blocks)))
model.compile("sgd", "mse"{how})
x = np.random.rand(10, 9)
y = np.random.rand(10, 1)
""",
        first=8,
        cause="run",
        moved={"dataset": "stage"},
        impossible=each(
            "evaluate predict", "TensorFlow leaves out a reshape that changes nothing for the promised size"
        ),
    ),
    "stateful recurrent layer": Mistake(
        "KG602",
        """
model = keras.Sequential([
    keras.Input(batch_shape=(4, 5, 3)),
    layers.LSTM(3, stateful=True),
    layers.Dense(1),
])
model.compile("sgd", "mse"{how})
x = np.random.rand(10, 5, 3)
y = np.random.rand(10, 1)
""",
        first=8,
        cause="run",
        moved={"dataset": "stage"},
    ),
    "own loss": Mistake(
        "KG210",
        """
def weighted(true, predicted):
    scale = tf.constant([1.0, 2.0, 3.0])
    return tf.reduce_mean(scale * tf.square(tf.cast(true, "float32") - predicted))  # mark: cause


model = keras.Sequential([keras.Input((9,)), layers.Dense(4)])
model.compile("sgd", weighted{how})
x = np.random.rand(12, 9)
y = np.random.rand(12, 4)
""",
        loss="weighted",
        impossible=LABEL_LESS,
    ),
    "own layer": Mistake(
        "KG210",
        """
class Scale(layers.Layer):
    def call(self, inputs):
        return inputs * tf.constant([1.0, 2.0, 3.0])  # mark: cause


class Regressor(keras.Model):
    def __init__(self):
        super().__init__()
        self.scale = Scale()
        self.head = layers.Dense(1)

    def call(self, inputs):
        return self.head(self.scale(inputs))


model = Regressor()
model.compile("sgd", "mse"{how})
x = np.random.rand(12, 4)
y = np.random.rand(12, 1)
""",
    ),
    "own layer on a real batch": Mistake(
        "KG210",
        """
class Noise(layers.Layer):
    def call(self, inputs):
        return inputs + tf.random.normal((8, 6))  # mark: cause


signal = keras.Input((6,))
model = keras.Model(signal, layers.Dense(1)(Noise()(signal)))
model.compile("sgd", "mse"{how})
x = np.random.rand(12, 6)
y = np.random.rand(12, 1)
""",
    ),
    "own training step": Mistake(
        "KG603",
        """
class Trained(keras.Model):
    def train_step(self, data):
        inputs, mask, targets, weights = data  # mark: cause
        with tf.GradientTape() as tape:
            error = tf.reduce_mean(weights * tf.square(self(inputs, training=True) - targets))
        gradients = tape.gradient(error, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return {"loss": error}


entrance = keras.Input((9,))
model = Trained(entrance, layers.Dense(1)(entrance))
model.compile("sgd", "mse"{how})
x = np.random.rand(12, 9).astype("float32")
y = np.random.rand(12, 1).astype("float32")
""",
        impossible=each("test_on_batch evaluate predict predict_on_batch call tape function", "no training step"),
    ),
    "missing labels": Mistake(
        "KG410",
        """
model = keras.Sequential([keras.Input((9,)), layers.Dense(1)])
model.compile("sgd", "mse"{how})
x = np.random.rand(12, 9)
y = None
""",
        labels="None",
        item="x[i : i + 4]",
        slices="x",
        cause="run",
        impossible=LABEL_LESS
        | OWN_LOOP
        | each("tf_keras test_on_batch|tf_keras evaluate", "a loss of nothing is left out"),
    ),
    "rows of a batch differ": Mistake(
        "KG605",
        """
model = keras.Sequential([keras.Input((9,)), layers.Dense(2)])
model.compile("sgd", "mse"{how})
x = np.random.rand(12, 9)
y = np.random.rand(12, 2)
""",
        labels="y[i : i + 3]",
        cause="run",
        moved=each("generator sequence", "yield") | {"tape": "loss", "function": "steps"},
        other=each("train_on_batch test_on_batch tape function", "KG321"),
        impossible=each("eager graph jit dataset evaluate", "slices all arrays alike") | LABEL_LESS,
    ),
}
