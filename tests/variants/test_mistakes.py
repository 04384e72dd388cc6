"""One mistake, every way to make it: each kind of model, each entry point, each kind of data gives the same code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard

keras = tf.keras
layers = tf.keras.layers
SIZE, ROWS, CLASSES = 10, 12, 3
SAMPLE = (SIZE, SIZE + 1, 3)


def body() -> list[Any]:
    """Return the layers of a small picture classifier."""
    return [
        layers.Conv2D(4, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(CLASSES, activation="softmax"),
    ]


def functional() -> Any:
    """Return a functional model."""
    tensor = image = keras.Input(SAMPLE, name="image")
    for layer in body():
        tensor = layer(tensor)
    return keras.Model(image, tensor)


def sequential() -> Any:
    """Return a Sequential that starts with an Input."""
    return keras.Sequential([keras.Input(SAMPLE), *body()])


def nested() -> Any:
    """Return a functional model around another one."""
    outer = keras.Input(SAMPLE, name="outer")
    return keras.Model(outer, functional()(layers.Rescaling(0.5)(outer)))


class Subclassed(keras.Model):  # type: ignore[misc]  # keras has no types
    """A subclassed model, called once so that its weights exist."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = body()

    def call(self, inputs: Any) -> Any:
        """Apply the layers in order."""
        for part in self.parts:
            inputs = part(inputs)
        return inputs


def subclassed() -> Any:
    """Return a subclassed model that was called before."""
    model = Subclassed()
    model(np.zeros((1, *SAMPLE), "float32"))
    return model


def unbuilt() -> Any:
    """Return a Sequential that has seen no data."""
    return keras.Sequential(body())


def unbuilt_subclassed() -> Any:
    """Return a subclassed model that has seen no data."""
    return Subclassed()


UNBUILT: dict[str, Callable[[], Any]] = {"unbuilt": unbuilt, "unbuilt subclassed": unbuilt_subclassed}
MODELS: dict[str, Callable[[], Any]] = {
    "functional": functional,
    "sequential": sequential,
    "nested": nested,
    "subclassed": subclassed,
}


def call(model: Any, x: Any, y: Any) -> None:
    """Call the model."""
    model(x)


def fit(model: Any, x: Any, y: Any) -> None:
    """Train on arrays."""
    model.fit(x, y, batch_size=4, verbose=0)


def evaluate(model: Any, x: Any, y: Any) -> None:
    """Evaluate on arrays."""
    model.evaluate(x, y, batch_size=4, verbose=0)


def predict(model: Any, x: Any, y: Any) -> None:
    """Predict on an array."""
    model.predict(x, batch_size=4, verbose=0)


def train_on_batch(model: Any, x: Any, y: Any) -> None:
    """Train on one batch."""
    model.train_on_batch(x, y)


def predict_on_batch(model: Any, x: Any, y: Any) -> None:
    """Predict one batch."""
    model.predict_on_batch(x)


def tape(model: Any, x: Any, y: Any) -> None:
    """Run a step of a hand-written loop."""
    with tf.GradientTape() as recorded:
        loss = tf.reduce_mean(model(x, training=True))
    recorded.gradient(loss, model.trainable_variables)


def dataset(model: Any, x: Any, y: Any) -> None:
    """Train on a batched pipeline."""
    model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(4), verbose=0)


def in_function(model: Any, x: Any, y: Any) -> None:
    """Call the model inside a tf.function."""

    @tf.function
    def step(batch: Any) -> Any:
        return model(batch, training=False)

    step(tf.constant(x, tf.float32))


def generator(model: Any, x: Any, y: Any) -> None:
    """Train on a generator of batches."""

    def batches() -> Iterator[Any]:
        while True:
            yield x[:4], y[:4]

    model.fit(batches(), steps_per_epoch=2, verbose=0)


class Batches(keras.utils.Sequence):  # type: ignore[misc]  # keras has no types
    """A PyDataset of batches."""

    def __init__(self, x: Any, y: Any) -> None:
        super().__init__()
        self.x, self.y = x, y

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return self.x[index * 4 : index * 4 + 4], self.y[index * 4 : index * 4 + 4]


def pydataset(model: Any, x: Any, y: Any) -> None:
    """Train on a PyDataset."""
    model.fit(Batches(x, y), verbose=0)


ALL = (call, fit, evaluate, predict, train_on_batch, predict_on_batch, tape, dataset, in_function, generator, pydataset)
DIRECT = (call, predict, predict_on_batch, tape, in_function)
LEGACY = keras.Model.__module__.startswith("tf_keras")
GOOD = np.random.default_rng(0).random((ROWS, *SAMPLE)).astype("float32")
LABELS = np.eye(CLASSES)[np.arange(ROWS) % CLASSES]
MISTAKES: dict[str, tuple[str, Any, tuple[Any, ...]]] = {
    "one sample": ("KG301", GOOD[0], DIRECT),
    "extra batch axis": ("KG302", GOOD[None], DIRECT),
    "channels first": ("KG306", np.moveaxis(GOOD, -1, 1), ALL),
    "alpha channel": ("KG307", np.concatenate([GOOD, GOOD[..., :1]], -1), ALL),
    "grey": ("KG307", GOOD[..., :1], ALL),
}
NEVER_BUILT: dict[str, tuple[str, Any, tuple[Any, ...]]] = {
    "no channels": ("KG305", GOOD[..., 0], ALL),
    "one sample, unbuilt": ("KG301", GOOD[0], (call, predict, predict_on_batch, tape)),
    "extra batch axis, unbuilt": ("KG302", GOOD[None], DIRECT),
}
CASES = [
    pytest.param(mistake, kind, entry, id=f"{mistake}-{kind}-{entry.__name__}")
    for kinds, mistakes in ((MODELS, MISTAKES), (UNBUILT, NEVER_BUILT))
    for mistake, (_, _, entries) in mistakes.items()
    for kind in kinds
    for entry in entries
]


@pytest.mark.parametrize(("mistake", "kind", "entry"), CASES)
def test_same_code_everywhere(mistake: str, kind: str, entry: Callable[..., None]) -> None:
    """The mistake has its code whatever the model, the entry point and the kind of data."""
    code, x, _ = (MISTAKES | NEVER_BUILT)[mistake]
    if LEGACY and kind == "subclassed" and entry in (generator, pydataset):
        pytest.skip("tf_keras does not know the shapes before it runs, and a subclassed model has no inputs to compare")
    y = LABELS[:1] if mistake.startswith("one sample") else LABELS[: len(x)]
    model = (MODELS | UNBUILT)[kind]()
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(Exception) as caught, kerasguard.guard():  # noqa: PT011 - type and text are Keras' own
        entry(model, x, y)
    diagnosis = kerasguard.diagnose(caught.value)
    assert diagnosis is not None
    assert diagnosis.code == code, f"{diagnosis.title} {caught.value}"


TABLE = (7,)
ROWS_OF_TABLE = np.random.default_rng(1).random((ROWS, *TABLE)).astype("float32")


def two_inputs(structure: str) -> Any:
    """Return a model of a picture and a row of a table, built on a list or on a dict."""
    image, row = keras.Input(SAMPLE, name="image"), keras.Input(TABLE, name="row")
    merged = layers.Concatenate()([layers.GlobalAveragePooling2D()(image), row])
    inputs = [image, row] if structure == "list" else {"image": image, "row": row}
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(merged))


TWO_INPUTS: dict[str, tuple[str, str, Callable[[], Any]]] = {
    "swapped": ("list", "KG311", lambda: [ROWS_OF_TABLE, GOOD]),
    "misspelt key": ("dict", "KG312", lambda: {"picture": GOOD, "row": ROWS_OF_TABLE}),
    "missing key": ("dict", "KG312", lambda: {"image": GOOD}),
    "list of list": ("list", "KG313", lambda: [[GOOD, ROWS_OF_TABLE], GOOD]),
    "rows differ": ("list", "KG321", lambda: [GOOD[:8], ROWS_OF_TABLE]),
    "rows differ by name": ("dict", "KG321", lambda: {"image": GOOD, "row": ROWS_OF_TABLE[:8]}),
    "one of two is a single sample": ("list", "KG301", lambda: [GOOD[0], ROWS_OF_TABLE[0]]),
}


@pytest.mark.parametrize("entry", [call, fit, predict, train_on_batch, tape], ids=lambda entry: entry.__name__)
@pytest.mark.parametrize("mistake", TWO_INPUTS)
def test_two_inputs(mistake: str, entry: Callable[..., None]) -> None:
    """Mistakes between several inputs have their code at every entry point."""
    structure, code, data = TWO_INPUTS[mistake]
    model = two_inputs(structure)
    model.compile("sgd", "categorical_crossentropy")
    labels = LABELS[:1] if mistake.endswith("single sample") else LABELS
    with pytest.raises(Exception) as caught, kerasguard.guard():  # noqa: PT011 - type and text are Keras' own
        entry(model, data(), labels)
    diagnosis = kerasguard.diagnose(caught.value)
    assert diagnosis is not None
    assert diagnosis.code == code, f"{diagnosis.title} {caught.value}"
