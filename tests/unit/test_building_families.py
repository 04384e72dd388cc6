"""Every family of changes: what it proposes for a small graph that a layer refused, whether the graph is then built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import kerasguard
from kerasguard.adapters.rebuild import rebuild
from kerasguard.commands import runner
from kerasguard.repairs.building import families, search
from kerasguard.repairs.building.refusal import Failure

HEADER = "import numpy as np\nimport tensorflow as tf\n\nkeras = tf.keras\nlayers = keras.layers\n\n"
Found = dict[str, list[tuple[str, bool]]]

STACK = "x = keras.Input((9, 4))\nfor units in (8, 4):\n    x = layers.GRU(units)(x)\n"
VECTOR_TO_RNN = "x = layers.Dense(6)(keras.Input((5,)))\nlayers.LSTM(3)(x)\n"
POOLINGS = (
    "SIZES = [4, 8, 16, 32]\nx = keras.Input((20, 20, 1))\nfor filters in SIZES:\n"
    "    x = layers.Conv2D(filters, 3)(x)\n    x = layers.MaxPooling2D(2)(x)\n"
)
RESHAPE = "x = layers.Dense(48)(keras.Input((6,)))\nlayers.Reshape((6, 10))(x)\n"
SUM = "x = keras.Input((10,))\nlayers.Add()([layers.Dense(16)(x), layers.Dense(8)(x)])\n"
RESIDUAL = "x = keras.Input((20, 4))\ny = layers.Conv1D(9, 3, padding='same')(x)\nlayers.Add()([y, x])\n"
SKIP = "x = keras.Input((30, 30, 2))\ny = layers.Conv2D(2, 3)(x)\nlayers.Add()([y, x])\n"
OPEN = "x = keras.Input((None, None, 3))\nlayers.Dense(2)(layers.Flatten()(x))\n"
STRIDED = (
    "x = keras.Input((8, 8, 2))\ny = layers.Conv2D(4, 3, strides=2, padding='same')(x)\n"
    "layers.Add()([y, layers.Conv2D(4, 1)(x)])\n"
)
OWN = (
    "class Project(layers.Layer):\n    def __init__(self, units, size=16):\n        super().__init__()\n"
    "        self.kernel = self.add_weight(name='kernel', shape=(size, units))\n\n"
    "    def call(self, x):\n        return tf.matmul(x, self.kernel)\n\n\n"
    "x = layers.Dense(12)(keras.Input((10,)))\nProject(4)(x)\n"
)
OWN_BUILD = (
    "class Scale(layers.Layer):\n    def build(self, shape):\n"
    "        self.scale = self.add_weight(name='scale', shape=(shape[1],))\n\n"
    "    def call(self, x):\n        return x * self.scale\n\n\nScale()(keras.Input((7, 4)))\n"
)
ENCODER = "image = keras.Input((20,))\nencoder = keras.Model(image, layers.Dense(6)(image))\n"
DECODER = ENCODER + "code = keras.Input((8,))\nkeras.Model(code, layers.Dense(20)(code))(encoder(image))\n"
HALVED = "x = keras.Input((30, 30, 2))\ny = layers.UpSampling2D(4)(layers.MaxPooling2D(4)(x))\nlayers.Concatenate()([x, y])\n"
THREE_RANKS = (
    "x = keras.Input((8, 2))\nparts = [layers.Dense(3)(keras.Input((5,))), layers.Conv1D(2, 3)(x), layers.GRU(4)(x)]\n"
    "layers.Concatenate()(parts)\n"
)
ODD_WINDOW = (
    "x = keras.Input((16, 16, 1))\nskips = []\nfor size in [2, 4, 2]:\n    x = layers.Conv2D(2, 3, padding='same')(x)\n"
    "    skips.append(x)\n    x = layers.MaxPooling2D(size)(x)\nfor skip in skips[::-1]:\n"
    "    x = layers.Concatenate()([layers.UpSampling2D(2)(x), skip])\n"
)
FLAT_END = (
    "image = keras.Input((4, 5))\nencoder = keras.Model(image, layers.Dense(6)(image))\ncode = keras.Input((24,))\n"
    "keras.Model(code, layers.Dense(1)(code))(encoder(image))\n"
)
NAMED_SIZES = (
    "WIDTH, RATIO = 16, 2\nx = keras.Input((10,))\n"
    "layers.Add()([layers.Dense(WIDTH)(x), layers.Dense(WIDTH // RATIO)(x)])\n"
)
SHARED = "shared = layers.Dense(5)\nshared(keras.Input((3,)))\nshared(keras.Input((4,)))\n"

PROPOSED = {
    "counted_samples": "data = np.zeros((50, 8, 2))\nlayers.LSTM(4)(keras.Input(data.shape))\n",
    "nested_input": DECODER,
    "open_sizes": OPEN.replace("x =", "photos = np.zeros((4, 16, 16, 3))\nx =", 1),
    "divisible": HALVED,
    "sequences": STACK,
    "pooling_for_flatten": OPEN,
    "inserted": VECTOR_TO_RNN,
    "per_time_step": "layers.Conv2D(4, 3)(keras.Input((6, 12, 12, 3)))\nlayers.MaxPooling2D()(keras.Input((6, 8, 8, 3)))\n",
    "padding": POOLINGS,
    "own_layer": SHARED,
    "own_code": OWN_BUILD,
    "own_numbers": OWN,
    "fed_numbers": OWN,
    "left_out": "x = layers.GlobalMaxPooling1D()(keras.Input((8, 3)))\nlayers.LSTM(4)(x)\n",
    "strided": STRIDED,
    "smaller_pools": "x = layers.MaxPooling1D(9)(keras.Input((30, 2)))\nlayers.Conv1D(4, 5)(x)\n",
    "fewer_blocks": POOLINGS,
    "channel_axis": "layers.Conv2D(4, 3)(keras.Input((28, 28)))\n",
    "time_axis": "layers.TimeDistributed(layers.Conv2D(4, 3))(keras.Input((16, 16, 3)))\n",
    "agreeing": NAMED_SIZES,
    "flattened": THREE_RANKS,
    "odd_entries": ODD_WINDOW,
    "reshaped_end": FLAT_END,
    "projected": RESIDUAL,
    "other_axis": "layers.Concatenate(axis=2)([keras.Input((12, 4)), keras.Input((9, 4))])\n",
    "resized": SKIP,
    "ranks": "layers.concatenate([keras.Input((20, 8)), keras.Input((8,))])\n",
    "own_axis": "layers.Dot(axes=1)([keras.Input((7, 4)), keras.Input((9, 4))])\n",
    "reshape_target": RESHAPE,
    "reshape_source": RESHAPE,
    "units": SUM,
}
NOT_PROPOSED = {
    "counted_samples": VECTOR_TO_RNN,
    "nested_input": RESIDUAL,
    "open_sizes": OPEN,
    "divisible": "layers.Concatenate(axis=2)([keras.Input((12, 4)), keras.Input((9, 4))])\n",
    "sequences": VECTOR_TO_RNN,
    "pooling_for_flatten": STACK,
    "inserted": RESIDUAL,
    "per_time_step": STACK,
    "padding": SUM,
    "own_layer": STACK,
    "own_code": STACK,
    "own_numbers": STACK,
    "fed_numbers": RESHAPE,
    "left_out": STACK,
    "strided": SUM,
    "smaller_pools": STACK,
    "fewer_blocks": "layers.Conv1D(4, 9)(keras.Input((5, 2)))\n",
    "channel_axis": STACK,
    "time_axis": STACK,
    "agreeing": STACK,
    "flattened": SUM,
    "odd_entries": SUM,
    "reshaped_end": DECODER,
    "projected": STACK,
    "other_axis": SUM,
    "resized": SUM,
    "ranks": SUM,
    "own_axis": STACK,
    "reshape_target": STACK,
    "reshape_source": STACK,
    "units": STACK,
}
FAMILIES = [family.__name__ for family in families.FAMILIES]
# What they are for needs data, a ready-made network, or a whole program: the programs of the corpus have it.
# `tests/variants` have programs for these: they need a trained part, a class or a loop around the layer.
WITHOUT_TEST = {"per_frame", "state_inputs", "without_top", "own_parts", "one_sequence", "renewed", "widened"}


@pytest.fixture
def proposals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what runs a program, and gives the proposals of each family with whether they are accepted."""

    def run(program: str) -> Found:
        found: Found = {}
        plain = search._failure

        def looked_at(evidence: Any) -> Failure | None:
            failure = plain(evidence)
            for family in families.FAMILIES if failure is not None else ():
                assert failure is not None
                tried = [
                    (one.title, rebuild(failure.plan, one.change, traced=failure.traced)) for one in family(failure)
                ]
                found[family.__name__] = [(title, built.accepted) for title, built in tried]
            return failure

        monkeypatch.setattr(search, "_failure", looked_at)
        script = tmp_path / "program.py"
        script.write_text(HEADER + program, encoding="utf-8")
        with pytest.raises(Exception), kerasguard.guard():  # noqa: B017, PT011 - type and text are Keras' own
            runner.execute(str(script), [])
        return found

    return run


@pytest.mark.parametrize("family", PROPOSED)
def test_proposed_and_accepted(family: str, proposals: Any) -> None:
    """What a family is for, it mends: one of its changes is accepted when the graph is built with it."""
    found = proposals(PROPOSED[family])
    assert any(accepted for _, accepted in found[family]), found


@pytest.mark.parametrize("family", NOT_PROPOSED)
def test_not_proposed_where_it_makes_no_sense(family: str, proposals: Any) -> None:
    """A family is silent about mistakes that it is not for."""
    found = proposals(NOT_PROPOSED[family])
    assert found, "the layer is refused for a reason that the search knows"
    assert not found[family]


@pytest.mark.parametrize(
    ("program", "applicability"),
    [
        (POOLINGS, "unsafe"),  # padding, smaller poolings, fewer blocks: other networks, each as good
        (SKIP, "unsafe"),
        (PROPOSED["counted_samples"], "safe"),
        (STACK, "safe"),
    ],
)
def test_a_choice_between_equals_is_unsafe(program: str, applicability: str, tmp_path: Path) -> None:
    """What has rivals that are as good is for the user to choose; what has none keeps what was meant."""
    script = tmp_path / "program.py"
    script.write_text(HEADER + program, encoding="utf-8")
    with pytest.raises(Exception) as caught, kerasguard.guard():  # noqa: PT011 - type and text are Keras' own
        runner.execute(str(script), [])
    diagnosis = kerasguard.diagnose(caught.value)
    assert diagnosis is not None
    assert diagnosis.fixes[0].applicability == applicability, diagnosis.fixes


def test_every_family_is_tested() -> None:
    """A new family comes with its two programs."""
    assert set(FAMILIES) == set(PROPOSED) | WITHOUT_TEST
    assert set(PROPOSED) == set(NOT_PROPOSED)
