"""The trial says what the failing call would say, and leaves nothing behind; run under both Kerases."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Never

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from kerasguard.adapters.specs import element_specs, first_batch_specs, leaves, spec_of  # noqa: E402
from kerasguard.adapters.trial import Call, Outcome, built_layers, call_of, same_failure, try_call  # noqa: E402

FLAVOUR = os.environ.get("KERASGUARD_TEST_FLAVOUR", "keras")  # two Kerases, two processes
keras = pytest.importorskip(FLAVOUR)
layers = keras.layers
KERAS3 = keras.Model.__module__.startswith("keras.")


def test_under_tf_keras() -> None:
    """Every test of this file also passes under tf_keras."""
    if FLAVOUR == "tf_keras":
        pytest.skip("this is the other process")
    pytest.importorskip("tf_keras")
    env = {**os.environ, "KERASGUARD_TEST_FLAVOUR": "tf_keras"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", __file__]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stdout[-6000:]


def array(*shape: int, dtype: str = "float32") -> np.ndarray:
    """Return zeros."""
    return np.zeros(shape, dtype)


def classifier(classes: int = 10, loss: str = "sparse_categorical_crossentropy") -> Any:
    """Return a compiled image classifier."""
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(classes, activation="softmax")]
    )
    model.compile("adam", loss, metrics=["accuracy"])
    return model


class Small(keras.Model):
    """A subclassed model."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [layers.Dense(4), layers.BatchNormalization(), layers.Dropout(0.5)]
        self.head = layers.Dense(2)
        self.calls = 0

    def call(self, x: Any, training: Any = None) -> Any:
        """Count the calls, as users do."""
        self.calls += 1
        for part in self.parts:
            x = part(x, training=training) if not isinstance(part, layers.Dense) else part(x)
        return self.head(x)


class OwnStep(keras.Model):
    """A model with a training step of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(1)
        self.tracker = keras.metrics.Mean(name="own")

    def call(self, x: Any) -> Any:
        """Apply the layer."""
        return self.dense(x)

    def train_step(self, data: Any) -> Any:
        """Train by hand."""
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x) - y) ** 2)
        grads = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(grads, self.trainable_weights, strict=True))
        self.tracker.update_state(loss)
        return {"own": self.tracker.result()}


def everything(model: Any) -> dict[str, object]:
    """Return all that a trial must not change, read independently of the trial's own snapshot."""
    found: dict[str, object] = {}
    for layer in model._flatten_layers():
        key = f"{layer.name}/{id(layer)}"
        found[key] = (
            sorted((name, id(value)) for name, value in vars(layer).items()),
            [id(weight) for weight in weights_of(layer)],
            len(layer._inbound_nodes),
            len(layer._outbound_nodes),
            layer.built,
            len(layer._losses) if hasattr(layer, "_losses") else 0,
        )
    found["weights"] = [np.asarray(weight).tobytes() for weight in weights_of(model) if hasattr(weight, "numpy")]
    found["numpy"] = np.random.get_state()[1].tobytes()  # noqa: NPY002
    found["python"] = random.getstate()
    found["next name"] = next_name()
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        variables = optimizer.variables
        found["optimizer"] = len(variables() if callable(variables) else variables)
    found["metrics"] = [id(metric) for metric in model.metrics] if getattr(model, "optimizer", None) else []
    return found


def weights_of(layer: Any) -> list:
    """Return the weights, of which an unbuilt tf_keras model refuses to speak."""
    try:
        return layer.weights
    except ValueError:
        return []


def next_name() -> str:
    """Return the counters behind automatic names."""
    if KERAS3:
        from keras.src.backend.common import global_state

        return str(dict(global_state.get_global_attribute("object_name_uids") or {}))
    from tf_keras.src import backend

    return str([dict(uids) for uids in backend.PER_GRAPH_OBJECT_NAME_UIDS.values()])


def untouched(model: Any, call: Call, before: frozenset[int] | None = None) -> Outcome:
    """Try a call and require that nothing changed."""
    state = everything(model)
    outcome = try_call(call, before, deadline=20)
    assert "left behind" not in outcome.note, outcome.note
    after = everything(model)
    for key, value in state.items():
        assert after[key] == value, key
    assert after.keys() == state.keys()
    return outcome


def fit(model: Any, x: Any, y: Any = None, **options: Any) -> Call:
    """Return a fit call."""
    return call_of("fit", model, (x, y) if y is not None else (x,), options)


def models() -> Any:
    """Return models of every make with good and bad data."""
    sequential = keras.Sequential([layers.Dense(4), layers.Dropout(0.5), layers.BatchNormalization(), layers.Dense(2)])
    built = keras.Sequential([keras.Input((4,)), layers.Dense(3, kernel_regularizer="l2"), layers.Dense(2)])
    a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
    functional = keras.Model([a, b], layers.Dense(2)(layers.Concatenate()([layers.Dense(3)(a), layers.Dense(5)(b)])))
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    nested = keras.Sequential([keras.Input((4,)), inner, layers.Lambda(lambda x: x * 2), layers.Dense(2)])
    rnn = keras.Sequential([keras.Input((5, 3), batch_size=2), layers.LSTM(4, stateful=True), layers.Dense(2)])
    norm = layers.Normalization()
    norm.adapt(np.ones((8, 4), "float32"))
    normal = keras.Sequential([norm, layers.Dense(2, activity_regularizer="l2")])
    bidirectional = keras.Sequential([layers.Bidirectional(layers.LSTM(3)), layers.Dense(2)])
    return {
        "unbuilt": (sequential, array(6, 4), array(4)[0]),
        "built": (built, array(6, 4), array(6, 5)),
        "functional": (functional, [array(6, 4), array(6, 6)], [array(6, 6), array(6, 4)]),
        "nested": (nested, array(6, 4), array(6, 7)),
        "stateful": (rnn, array(2, 5, 3), array(2, 5, 4)),
        "normalization": (normal, array(6, 4), array(6, 5)),
        "bidirectional": (bidirectional, array(6, 5, 3), array(6, 5)),
        "subclassed": (Small(), array(6, 4), array(4)[0]),
    }


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", list(models()))
def test_nothing_is_left_behind(name: str, *, compiled: bool) -> None:
    """Accepted or refused, by call, predict and fit, a trial changes nothing."""
    model, good, bad = models()[name]
    rows = 2 if name == "stateful" else 6
    for data, accepted in ((good, True), (bad, False)):
        outcome = untouched(model, call_of("call", model, (data,), {}))
        assert outcome.accepted is accepted, (outcome.note, outcome.error)
        if accepted:
            assert outcome.output_shapes == [(rows, 2)]
    assert untouched(model, call_of("predict", model, (good,), {})).accepted
    if compiled:
        model.compile("adam", "mse", metrics=["mae"])
        outcome = untouched(model, fit(model, good, array(rows, 2)))
        assert outcome.accepted, (outcome.note, outcome.error)
        assert not untouched(model, fit(model, bad, array(rows, 2))).accepted


def test_trained_model_stays_as_it_is() -> None:
    """After training, trials change neither weights, optimizer nor what the next training does."""
    results = []
    for tried in (False, True):
        keras.utils.set_random_seed(1)
        model = classifier()
        x, y = np.random.rand(40, 8, 8, 3), np.arange(40) % 10  # noqa: NPY002
        model.fit(x, y, verbose=0)
        if tried:
            assert untouched(model, fit(model, x, y)).accepted
            assert untouched(model, call_of("call", model, (x[:2],), {})).accepted
        results.append(model.fit(x, y, verbose=0).history["loss"])
    assert results[0] == results[1]


def test_unbuilt_model_trains_the_same_after_a_trial() -> None:
    """A trial of an unbuilt model with random layers does not change what training does later."""
    results = []
    for tried in (False, True):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([layers.Dense(4), layers.Dropout(0.5), layers.Dense(1)])
        model.compile("sgd", "mse")
        x, y = np.ones((16, 3), "float32"), np.ones((16, 1), "float32")
        if tried:
            assert untouched(model, fit(model, x, y)).accepted
        results.append(model.fit(x, y, verbose=0, epochs=2).history["loss"])
    assert results[0] == results[1]


def failure_of(call: Call) -> BaseException:
    """Return the error of the real call."""
    arguments = {**call.options, "x": call.x}
    arguments.pop("peeked", None)
    for name in ("y", "sample_weight", "validation_data"):
        if getattr(call, name) is not None:
            arguments[name] = getattr(call, name)
    try:
        if call.entry == "call":
            call.owner(arguments.pop("x"), **arguments)
        else:
            quiet = {} if call.entry.endswith("_on_batch") else {"verbose": 0}
            getattr(call.owner, call.entry)(**arguments, **quiet)
    except Exception as error:  # noqa: BLE001
        return error
    pytest.fail("the call was expected to fail")


def two_inputs() -> Any:
    """Return a compiled model with two named inputs."""
    a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
    model = keras.Model({"a": a, "b": b}, layers.Dense(1)(layers.Concatenate()([a, b])))
    model.compile("sgd", "mse")
    return model


def segmenter() -> Any:
    """Return a compiled model with a mask as output."""
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(1, 3, padding="same", activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model


def dataset(*parts: np.ndarray, batch: int | None = 4) -> Any:
    """Return a dataset of slices."""
    made = tf.data.Dataset.from_tensor_slices(parts)
    return made if batch is None else made.batch(batch)


def failures() -> Any:
    """Return the typical failures: a call that fails, and the repaired one."""
    images, ids = array(10, 8, 8, 3), np.arange(10)
    c, flat = classifier(), keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    hot = classifier(loss="categorical_crossentropy")
    a, b = keras.Input((4,)), keras.Input((6,))
    pair = keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([layers.Dense(2)(a), layers.Dense(2)(b)])))
    two = two_inputs()
    mask = segmenter()
    cat = layers.Concatenate()
    custom = OwnStep()
    custom.compile("adam")
    lstm = keras.Sequential([layers.Dense(4), layers.LSTM(3)])
    lstm.compile("sgd", "mse")
    ids_model = keras.Sequential([layers.Embedding(5, 2), layers.LSTM(2), layers.Dense(1)])
    ids_model.compile("sgd", "mse")
    found = {
        "missing batch axis": (
            call_of("call", c, (images[0],), {}),
            call_of("call", c, (images[:1],), {}),
        ),
        "predict one sample": (call_of("predict", c, (images[0],), {}), call_of("predict", c, (images[:1],), {})),
        "wrong channels": (fit(c, images[..., :1], ids), fit(c, images, ids)),
        "cardinality": (fit(c, images, ids[:8]), fit(c, images[:8], ids[:8])),
        "swapped inputs": (
            call_of("call", pair, ([array(3, 6), array(3, 4)],), {}),
            call_of("call", pair, ([array(3, 4), array(3, 6)],), {}),
        ),
        "integer labels": (fit(hot, images, ids), fit(hot, images, np.eye(10)[ids])),
        "one-hot labels": (fit(c, images, np.eye(10)[ids]), fit(c, images, ids)),
        "unbatched dataset": (fit(c, dataset(images, ids, batch=None)), fit(c, dataset(images, ids))),
        "dict keys": (
            fit(two, {"a": array(3, 4), "c": array(3, 6)}, array(3, 1)),
            fit(two, {"a": array(3, 4), "b": array(3, 6)}, array(3, 1)),
        ),
        "mask": (fit(mask, images, array(10, 8, 8, 2)), fit(mask, images, array(10, 8, 8, 1))),
        "label range": (fit(c, images, ids + 1), fit(c, images, ids)),
        "id range": (
            fit(ids_model, array(4, 3, dtype="int32") + 5, array(4, 1)),
            fit(ids_model, array(4, 3, dtype="int32") + 4, array(4, 1)),
        ),
        "layer arguments": (
            call_of("call", cat, ([array(2, 4), array(3, 4)],), {}),
            call_of("call", cat, ([array(2, 4), array(2, 6)],), {}),
        ),
        "rank": (call_of("call", flat, (array(4),), {}), call_of("call", flat, (array(1, 4),), {})),
        "own step": (fit(custom, array(4, 3), array(4, 3, 2)), fit(custom, array(4, 3), array(4, 1))),
        "unbuilt": (fit(lstm, array(4, 5), array(4, 3)), fit(lstm, array(4, 6, 5), array(4, 3))),
        "validation": (
            fit(c, images, ids, validation_data=(images[:4], ids)),
            fit(c, images, ids, validation_data=(images[:4], ids[:4])),
        ),
        "train_on_batch": (
            call_of("train_on_batch", c, (images[:, :5], ids), {}),
            call_of("train_on_batch", c, (images, ids), {}),
        ),
    }
    if not KERAS3:
        found.pop("rank")  # tf_keras adds the axis
        found.pop("own step")  # broadcasts silently there
    return found


@pytest.mark.parametrize("name", list(failures()))
def test_control_is_refused_and_repair_accepted(name: str) -> None:
    """The trial refuses the failing call for the same reason, before and after it ran, and accepts the repaired one."""
    wrong, right = failures()[name]
    before = built_layers(wrong.owner)
    if name == "label range":
        keras.utils.set_random_seed(1)
    error = failure_of(wrong)
    control = untouched(wrong.owner, wrong, before)
    assert not control.accepted
    assert control.error is not None, control.note
    assert same_failure(error, control.error), (repr(error)[:500], repr(control.error)[:500])
    repaired = untouched(right.owner, right, before)
    assert repaired.accepted, (repaired.note, repr(repaired.error))


def test_different_failures_differ() -> None:
    """Failures of different mistakes are not taken for the same."""
    names = ("missing batch axis", "wrong channels", "cardinality", "integer labels", "layer arguments", "dict keys")
    errors = {name: failure_of(failures()[name][0]) for name in names}
    for (a, one), (b, other) in itertools.combinations(errors.items(), 2):
        if {a, b} != {"missing batch axis", "wrong channels"}:
            assert not same_failure(one, other), (a, b)


@pytest.mark.parametrize(
    ("loss", "labels", "units"),
    [
        ("mse", (6,), 3),
        ("mse", (6, 3), 1),
        ("binary_crossentropy", (6, 3), 1),
        ("categorical_crossentropy", (6, 1), 1),
        ("sparse_categorical_crossentropy", (6,), 1),
    ],
)
def test_silent_mistakes_are_refused(loss: str, labels: tuple[int, ...], units: int) -> None:
    """What Keras broadcasts or trains on without learning is no repair."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(units, activation="sigmoid")])
    model.compile("sgd", loss)
    assert not untouched(model, fit(model, array(6, 4), array(*labels))).accepted
    good = array(6) if units == 1 and not loss.endswith("categorical_crossentropy") else None
    if good is not None:
        assert untouched(model, fit(model, array(6, 4), good)).accepted


def test_symbolic_call_leaves_no_node() -> None:
    """A call on KerasTensors leaves neither nodes nor names behind."""
    inputs = keras.Input((4,))
    hidden = layers.Dense(3)(inputs)
    layer = layers.Dense(2)
    source = hidden._keras_history[0]
    nodes = len(source._outbound_nodes), next_name()
    outcome = try_call(call_of("call", layer, (hidden,), {}))
    assert outcome.accepted, outcome.error
    assert outcome.output_shapes == [(None, 2)]
    assert not layer.built
    assert layer.weights == []
    assert (len(source._outbound_nodes), next_name()) == nodes
    assert not try_call(call_of("call", layers.LSTM(2), (hidden,), {})).accepted


def test_inside_a_function_being_traced() -> None:
    """A trial works while an outer function is being traced, and adds no op to it."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    seen = []

    @tf.function
    def outer(x: Any) -> Any:
        before = len(tf.compat.v1.get_default_graph().get_operations())
        seen.append(try_call(call_of("call", model, (x,), {}), deadline=20))
        seen.append(len(tf.compat.v1.get_default_graph().get_operations()) - before)
        return x

    outer(tf.zeros((3, 4)))
    assert seen[0].accepted, seen[0].error
    assert seen[1] == 0


def test_eagerly_jit_and_mixed_precision() -> None:
    """Compile options that change how a step runs do not hinder a trial."""
    for options in ({"run_eagerly": True}, {"jit_compile": True}):
        model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
        model.compile("sgd", "mse", **options)
        assert untouched(model, fit(model, array(4, 4), array(4, 2))).accepted
    mixed = keras.Sequential([keras.Input((4,)), layers.Dense(2, dtype="mixed_float16")])
    mixed.compile("sgd", "mse")
    assert untouched(mixed, fit(mixed, array(4, 4), array(4, 2))).accepted


def test_under_a_strategy() -> None:
    """A model made under a distribution strategy is tried like any other."""
    with tf.distribute.MirroredStrategy(["/cpu:0"]).scope():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
        model.compile("sgd", "mse")
    assert untouched(model, fit(model, array(4, 4), array(4, 2))).accepted
    assert not untouched(model, fit(model, array(4, 5), array(4, 2))).accepted


def test_generators_are_not_drawn_from() -> None:
    """A generator keeps all its batches; without peeked ones the trial says that it cannot tell."""

    def produce() -> Any:
        while True:
            yield array(4, 4), array(4, 2)

    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    generator = produce()
    outcome = untouched(model, fit(model, generator))
    assert outcome.undecided
    assert generator.gi_frame.f_lasti < 1 or "array" not in generator.gi_frame.f_locals
    peeked = Call("fit", model, generator, options={"peeked": [(array(4, 5), array(4, 2))]})
    assert untouched(model, peeked).error is not None


def test_open_datasets_are_undecidable() -> None:
    """A dataset whose shapes come from a Python function proves nothing when it traces."""
    made = tf.data.Dataset.from_generator(
        lambda: iter([]), output_signature=(tf.TensorSpec((4,)), tf.TensorSpec((2,)))
    ).batch(2)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    assert untouched(model, fit(model, made)).undecided
    assert untouched(model, fit(model, dataset(array(6, 4), array(6, 2)))).accepted


def test_time_is_bounded() -> None:
    """A trial gives up when its time is up, and says so."""
    x = inputs = keras.Input((8,))
    for _ in range(150):
        x = layers.Dense(8)(x)
    model = keras.Model(inputs, x)
    started = time.perf_counter()
    outcome = try_call(call_of("call", model, (array(2, 8),), {}), deadline=0.05)
    assert outcome.undecided
    assert time.perf_counter() - started < 1


def test_leaves_and_specs() -> None:
    """Lists of arrays are containers, lists of numbers are one array, nothing is read or raised."""

    class Hostile:
        @property
        def shape(self) -> Never:
            """Fail."""
            raise RuntimeError

    data = {"a": [array(2), [1, 2]], "b": ([[1.0, 2.0], [3.0, 4.0]], Hostile(), None, "text")}
    found = {path: spec_of(leaf) for path, leaf in leaves(data)}
    assert {path: spec.kind for path, spec in found.items()} == {
        ("a", 0): "numpy",
        ("a", 1): "python",
        ("b", 0): "python",
        ("b", 1): "object",
        ("b", 2): "object",
        ("b", 3): "object",
    }
    assert found[("b", 0)].shape == (2, 2)
    kinds = {
        "eager": tf.zeros(2),
        "variable": tf.Variable(1.0),
        "keras": keras.Input((2,)),
        "ragged": tf.ragged.constant([[1], [2, 3]]),
        "sparse": tf.sparse.from_dense([[1]]),
        "dataset": tf.data.Dataset.range(2),
        "generator": (i for i in range(2)),
        "layer": layers.Dense(1),
        "model": keras.Sequential(),
        "object": np.array([[1], [1, 2]], dtype=object),
    }
    for kind, value in kinds.items():
        assert spec_of(value).kind == kind
    assert spec_of(keras.Input((2,))).shape == (None, 2)
    assert spec_of(tf.ragged.constant([[1], [2, 3]])).shape == (2, None)
    assert element_specs(dataset(array(6, 4), array(6, 2)))[0].shape == (None, 4)
    assert element_specs(array(6, 4)).shape == (None, 4)
    assert first_batch_specs([sys._getframe()]) == []


def test_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """What the user's own call prints is not printed again by a trial."""

    class Loud(layers.Layer):
        def call(self, x: Any) -> Any:
            """Print."""
            print("loud")
            return x

    assert try_call(call_of("call", Loud(), (array(2, 2),), {})).accepted
    assert capsys.readouterr().out == ""


class Noisy(layers.Layer):
    """A layer with its own weights and counters, made while it is called, and no config."""

    def __init__(self, scale: Any) -> None:
        super().__init__()
        self.scale = scale
        self.seen: list[int] = []
        self.cache: dict[str, int] = {}

    def build(self, shape: Any) -> None:
        """Make one weight."""
        self.kernel = self.add_weight(shape=(shape[-1], 2), initializer="glorot_uniform", name="kernel")

    def call(self, x: Any) -> Any:
        """Remember every call."""
        self.seen.append(1)
        self.cache["calls"] = len(self.seen)
        self.add_loss(tf.reduce_sum(self.kernel))
        return tf.matmul(x, self.kernel) * 2.0


def test_own_layer_without_config() -> None:
    """A layer of the user's own that the failing call has built is tried as an unbuilt one."""
    model = keras.Sequential([Noisy(object()), layers.Dense(1)])
    model.compile("sgd", "mse")
    before = built_layers(model)
    wrong = fit(model, array(4, 3), array(5, 1))
    call_wrong = call_of("call", model, (array(4, 7),), {})
    model(array(4, 3))  # what a failing call may leave: built for a width that the repair changes
    assert not untouched(model, wrong, before).accepted
    assert not untouched(model, call_wrong).accepted
    outcome = untouched(model, call_wrong, before)
    assert outcome.accepted, outcome.error
    assert untouched(model, fit(model, array(4, 7), array(4, 1)), before).accepted
    assert model.layers[0].seen


def test_layer_that_makes_variables_of_values() -> None:
    """A layer that makes a variable from an array, not from an initializer, is tried too."""

    class Lazy(layers.Layer):
        table: Any = None

        def build(self, _: Any) -> None:
            """Make the variable from an array."""
            self.table = (keras.Variable if KERAS3 else tf.Variable)(np.ones((4,), "float32"))

        def call(self, x: Any) -> Any:
            """Use it."""
            return x * self.table

    model = Lazy()
    for _ in range(2):
        outcome = untouched(model, call_of("call", model, (array(2, 4),), {}))
        assert outcome.accepted, outcome.error
    assert model.table is None


def test_active_tape_and_values() -> None:
    """A trial leaves the user's tape alone; a call that reads values is undecidable, not refused."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])

    class Reads(layers.Layer):
        def call(self, x: Any) -> Any:
            """Read a value."""
            return x + float(x.numpy().sum())

    with tf.GradientTape() as tape:
        assert try_call(call_of("call", model, (tf.zeros((2, 4)),), {})).accepted
        assert tape.watched_variables() == ()
    assert try_call(call_of("call", Reads(), (tf.zeros((2, 4)),), {})).undecided


def test_ragged_sparse_text_and_frames() -> None:
    """Inputs other than plain arrays get stand-ins of their own kind."""
    ragged = tf.ragged.constant([[1, 2], [3]])
    tower = keras.Sequential([layers.Lambda(lambda x: x.to_tensor())])
    assert try_call(call_of("call", tower.layers[0], (ragged,), {})).accepted
    vectorizer = layers.TextVectorization(output_sequence_length=4)
    vectorizer.adapt(tf.constant(["a b", "c"]))
    texts = keras.Sequential([vectorizer, layers.Embedding(10, 2)])
    outcome = untouched(texts, call_of("call", texts, (tf.constant(["a b", "c"]),), {}))
    assert outcome.accepted, outcome.error
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        frame = pandas.DataFrame(array(6, 4))
        model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        assert untouched(model, fit(model, frame, array(6, 1))).accepted


def test_binding() -> None:
    """Arguments are found by position and by name."""
    model = classifier()
    call = call_of("fit", model, (1, 2), {"batch_size": 8, "sample_weight": 3})
    assert (call.x, call.y, call.sample_weight, dict(call.options)) == (1, 2, 3, {"batch_size": 8})
    call = call_of("call", model, (1,), {"training": True})
    assert (call.x, dict(call.options)) == (1, {"training": True})
    assert call_of("call", layers.Concatenate(), (1, 2), {}).options == {"*args": (2,)}
