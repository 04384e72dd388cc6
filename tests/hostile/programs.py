"""Small random programs as source text: a model, data that may or may not fit, and one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Shape = tuple[int, ...]

HEAD = """\
import numpy as np
import tensorflow as tf
keras, layers = tf.keras, tf.keras.layers
keras.backend.clear_session()
keras.utils.set_random_seed(7)
rng = np.random.default_rng(3)
"""
ENTRIES = {
    "call": "result = model({x})",
    "fit": "result = model.fit({both}, epochs=1, batch_size=4, verbose=0, shuffle=False).history",
    "evaluate": "result = model.evaluate({both}, batch_size=4, verbose=0)",
    "predict": "result = model.predict({x}, verbose=0)",
    "train_on_batch": "result = model.train_on_batch({x}, {y})",
    "test_on_batch": "result = model.test_on_batch({x}, {y})",
    "predict_on_batch": "result = model.predict_on_batch({x})",
}
# By the rank of a sample: layers that take it, with the rank of what they give.
LAYERS = {
    1: (("Dense({n})", 1), ("Dense({n}, activation='relu')", 1), ("BatchNormalization()", 1), ("Reshape((-1, 1))", 2)),
    2: (
        ("Dense({n})", 2), ("LSTM({n})", 1), ("GRU({n}, return_sequences=True)", 2), ("Conv1D({n}, 2, padding='same')", 2),
        ("GlobalAveragePooling1D()", 1), ("Flatten()", 1), ("SimpleRNN({n})", 1), ("Reshape((-1, 2, 1))", 3),
    ),
    3: (
        ("Conv2D({n}, 2, padding='same')", 3), ("Flatten()", 1), ("GlobalAveragePooling2D()", 1), ("MaxPooling2D(2)", 3),
        ("Dense({n})", 3), ("TimeDistributed(layers.Flatten())", 2),
    ),
}  # fmt: skip
FLATTENING = {1: (), 2: ("GlobalAveragePooling1D()",), 3: ("GlobalAveragePooling2D()",)}
LOSSES = {
    "mse": ("None", "float"),
    "binary_crossentropy": ("'sigmoid'", "bits"),
    "sparse_categorical_crossentropy": ("'softmax'", "classes"),
    "categorical_crossentropy": ("'softmax'", "one-hot"),
}


@dataclass(frozen=True)
class Program:
    """A program's text; ``odd`` says what was done to its data on purpose."""

    text: str
    odd: tuple[str, ...]


def bodies(draw: Any, rank: int) -> list[str]:
    """Draw the layers of a model up to one that gives vectors, or any that do not."""
    made = []
    for _ in range(draw(st.integers(0, 2))):
        layer, rank = draw(st.sampled_from(LAYERS[rank]))
        made.append(layer.format(n=draw(st.integers(2, 4))))
    if draw(st.integers(0, 9)):
        made += FLATTENING[rank]
    return made


def models(draw: Any, sample: Shape, units: int, activation: str) -> str:
    """Draw the text that makes ``model``."""
    made = [*bodies(draw, len(sample)), f"Dense({units}, activation={activation})"]
    listed = "".join(f"    layers.{layer},\n" for layer in made)
    kind = draw(st.sampled_from(["sequential", "unbuilt", "functional", "subclassed", "nested"]))
    if kind in {"sequential", "unbuilt"}:
        first = f"    keras.Input({sample}),\n" if kind == "sequential" else ""
        return f"model = keras.Sequential([\n{first}{listed}])\n"
    if kind == "subclassed":
        return (
            "class Net(keras.Model):\n"
            "    def __init__(self):\n        super().__init__()\n"
            f"        self.parts = [\n{listed}        ]\n"
            "    def call(self, inputs):\n        for part in self.parts:\n            inputs = part(inputs)\n"
            "        return inputs\nmodel = Net()\n"
        )
    steps = "".join(f"t = layers.{layer}(t)\n" for layer in made)
    text = f"t = inputs = keras.Input({sample}, name='first')\n{steps}model = keras.Model(inputs, t)\n"
    if kind == "nested":
        text += f"outer = keras.Input({sample}, name='outer')\n"
        text += "model = keras.Model(outer, model(layers.Rescaling(0.5)(outer)))\n"
    return text


def shapes(draw: Any, shape: Shape, odd: list[str]) -> Shape:
    """Draw the shape of the data: mostly the right one."""
    change = draw(
        st.sampled_from(["", "", "no batch", "extra axis", "last", "swapped", "dropped", "scalar", "no rows"])
    )
    if change:
        odd.append(f"shape: {change}")
    match change:
        case "no batch":
            return shape[1:]
        case "extra axis":
            axis = draw(st.integers(0, len(shape)))
            return (*shape[:axis], 1, *shape[axis:])
        case "last":
            return (*shape[:-1], draw(st.integers(1, 6)))
        case "swapped":
            return (shape[0], *shape[:0:-1])
        case "dropped":
            return shape[:-1]
        case "scalar":
            return ()
        case "no rows":
            return (0, *shape[1:])
    return shape


def arrays(draw: Any, shape: Shape, odd: list[str]) -> str:
    """Draw the text of an array of numbers, in one of the forms that programs give it."""
    dtype = draw(st.sampled_from(["float32", "float32", "float64", "int64", "bool", "uint8"]))
    text = f"rng.integers(0, 2, size={shape}).astype('{dtype}')"
    form = draw(
        st.sampled_from(["{}"] * 5 + ["tf.constant({})", "({}).tolist()", "list({})", "np.asarray({}, dtype=object)"])
    )
    if form not in {"{}", "tf.constant({})"}:
        odd.append(f"form: {form}")
    return form.format(text)


def labels(draw: Any, rows: int, units: int, kind: str, odd: list[str]) -> str:
    """Draw the text of the labels: mostly those that the loss wants."""
    right = {
        "float": f"rng.normal(size=({rows}, {units})).astype('float32')",
        "bits": f"rng.integers(0, 2, size=({rows}, {units})).astype('float32')",
        "classes": f"rng.integers(0, {units}, size=({rows},))",
        "one-hot": f"np.eye({units}, dtype='float32')[rng.integers(0, {units}, size={rows})]",
    }
    choice = draw(
        st.sampled_from([kind] * 4 + sorted(right) + ["column", "more", "rows", "scalar", "list", "text", "wide"])
    )
    if choice != kind:
        odd.append(f"labels: {choice}")
    others = {
        "column": f"rng.integers(0, {units}, size=({rows}, 1))",
        "more": f"rng.integers(0, {units + 2}, size=({rows},))",
        "rows": f"rng.integers(0, {units}, size=({rows + 2},))",
        "scalar": "1",
        "list": f"[0, 1] * {rows // 2}",
        "text": f"np.array(['a', 'b'] * {rows // 2})",
        "wide": f"rng.normal(size=({rows}, {units + 1}))",
    }
    return right.get(choice) or others[choice]


def call(draw: Any, odd: list[str]) -> str:
    """Draw the call and the way its data get there."""
    entry = draw(st.sampled_from(sorted(ENTRIES)))
    form = ENTRIES[entry]
    if "{both}" not in form:
        wrap = draw(st.sampled_from(["x"] * 6 + ["[x]", "{'first': x}", "(x,)"]))
        if wrap != "x":
            odd.append(f"wrap: {wrap}")
        return form.format(x=wrap, y="y") + "\n"
    feed = draw(st.sampled_from(["arrays"] * 4 + ["dataset", "unbatched", "generator", "tuple"]))
    if feed != "arrays":
        odd.append(f"feed: {feed}")
    if feed == "arrays":
        return form.format(both="x, y") + "\n"
    form = form.replace(", batch_size=4", "")
    if feed == "tuple":
        return form.format(both="(x, y)") + "\n"
    if feed == "generator":
        text = (
            "def batches():\n    for start in range(0, 8, 4):\n        yield x[start:start + 4], y[start:start + 4]\n"
        )
        return text + form.format(both="batches()") + "\n"
    batch = ".batch(4)" if feed == "dataset" else ""
    return f"data = tf.data.Dataset.from_tensor_slices((x, y)){batch}\n" + form.format(both="data") + "\n"


@st.composite
def programs(draw: Any) -> Program:
    """Draw a program."""
    odd: list[str] = []
    rank = draw(st.integers(1, 3))
    sample = tuple(draw(st.lists(st.integers(2, 5), min_size=rank, max_size=rank)))
    loss = draw(st.sampled_from(sorted(LOSSES)))
    activation, kind = LOSSES[loss]
    units = draw(st.integers(1, 4))
    rows = 8
    text = HEAD + models(draw, sample, units, activation)
    text += f"model.compile('sgd', '{loss}')\n"
    text += f"x = {arrays(draw, shapes(draw, (rows, *sample), odd), odd)}\n"
    text += f"y = {labels(draw, rows, units, kind, odd)}\n"
    return Program(text + call(draw, odd), tuple(odd))
