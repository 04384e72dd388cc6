"""Mistakes inside tf.data pipelines, written in several ways: the code, and whether the fixes make the program run."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FLAVOURS, REPOSITORY, collected

COLLECTOR = REPOSITORY / "tests" / "fix" / "collect.py"
HEAD = "import numpy as np\nimport tensorflow as tf\n"
PAIRS = "data = tf.data.Dataset.from_tensor_slices((np.ones((6, 4), 'float32'), np.ones(6, 'float32')))\n"
PROGRAMS = {
    "a lambda for the keys of a dict": (
        "KG610",
        (
            "data = tf.data.Dataset.from_tensor_slices(({'wind': np.ones(6), 'rain': np.ones(6)}, np.ones(6)))\n"
            "data = data.map(lambda wind, rain, harvest: (tf.stack([wind, rain]), harvest))\n"
        ),
    ),
    "a function that unpacks the pair": (
        "KG610",
        f"def halved(pair):\n    row, value = pair\n    return row / 2, value\n\n\n{PAIRS}data = data.map(halved)\n",
    ),
    "arrays in a list": (
        "KG610",
        (
            "a, b = np.ones((5, 3)), np.ones((5, 3))\n"
            "data = tf.data.Dataset.from_tensor_slices([a, b]).shuffle(5)\ndata = data.map(lambda one, two: one - two)\n"
        ),
    ),
    "one-hot twice": (
        "KG611",
        (
            "kinds = np.eye(3, dtype='float32')\ndata = tf.data.Dataset.from_tensor_slices((kinds, kinds))\n"
            "data = data.map(lambda row, kind: (row, tf.one_hot(kind, 3)))\n"
        ),
    ),
    "a reshape that fails on an element": (
        "KG611",
        (
            "def unpacked(raw):\n    return tf.reshape(tf.io.decode_raw(raw, tf.uint8), (3, 7))\n\n\n"
            "data = tf.data.Dataset.from_tensor_slices([bytes(18)] * 4).map(unpacked)\nfor one in data:\n    pass\n"
        ),
    ),
    "a generator of more parts": (
        "KG612",
        (
            "def rows():\n    yield np.ones(3), np.ones(2), 1\n\n\n"
            "sign = (tf.TensorSpec((3,), tf.float32), tf.TensorSpec((), tf.int32))\n"
            "for one in tf.data.Dataset.from_generator(rows, output_signature=sign):\n    pass\n"
        ),
    ),
    "a generator that nests less than is declared": (
        "KG612",
        (
            "def rows():\n    yield [np.ones(3), np.ones(2), 1]\n\n\n"
            "sign = ({'a': tf.TensorSpec((3,)), 'b': tf.TensorSpec((2,))}, tf.TensorSpec(()))\n"
            "for one in tf.data.Dataset.from_generator(rows, output_signature=sign):\n    print(one[0]['b'])\n"
        ),
    ),
    "a function of another dtype": (
        "KG612",
        (
            "def noise(_):\n    return np.ones(4)\n\n\n"
            "data = tf.data.Dataset.range(4).map(lambda i: tf.numpy_function(noise, [i], tf.float32))\n"
            "for one in data:\n    pass\n"
        ),
    ),
    "tensors where datasets belong": ("KG614", f"{PAIRS}data = data.flat_map(lambda row, value: row)\n"),
}


@functools.cache
def mended(flavour: str, folder: Path) -> dict[str, Any]:
    """Return what comes of each program; TensorFlow is imported once for all of them."""
    paths = []
    for name, (_, text) in PROGRAMS.items():
        paths.append(folder / f"{name.replace(' ', '_')}.py")
        paths[-1].write_text(HEAD + text, encoding="utf-8")
    found = [json.loads(line) for line in collected(flavour, COLLECTOR, *paths).splitlines()]
    return {Path(one["program"]).stem.replace("_", " "): one for one in found}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the programs are written."""
    return tmp_path_factory.mktemp("pipelines")


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_mistake_is_named_and_mended(name: str, flavour: str, folder: Path) -> None:
    """The first diagnosis has the code, its fix makes the program run."""
    one = mended(flavour, folder)[name]
    assert [done["code"] for done in one["rounds"]] == [PROGRAMS[name][0]], one
    assert one["runs"], one
