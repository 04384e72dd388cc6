"""A mistake that stands in several calls is mended in all of them, and "verified" is said of those that were tried only."""

from __future__ import annotations

import linecache
import textwrap
from itertools import count
from typing import Any

import pytest
import tensorflow as tf

import kerasguard
from kerasguard.vocabulary import Fix

KERAS_3 = not tf.keras.Model.__module__.startswith("tf_keras")
HEAD = "import tensorflow as tf\nkeras = tf.keras\nlayers = keras.layers\n"
_numbers = count()


def first_fix(text: str) -> Fix:
    """Run a program that fails, and return the first fix of its diagnosis."""
    name = f"<recurring-{next(_numbers)}>"
    text = HEAD + textwrap.dedent(text).lstrip()
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": name}
    with pytest.raises(Exception) as raised, kerasguard.guard():  # noqa: PT011 - Keras says which
        exec(compile(text, name, "exec"), namespace)  # noqa: S102 - programs are the data of these tests
    found = kerasguard.diagnose(raised.value)
    assert found is not None
    assert found.fixes, found
    return found.fixes[0]


def rows(fix: Fix) -> list[int]:
    """Return the rows that a fix changes."""
    return sorted({edit.start[0] for edit in fix.edits})


keras_3_only = pytest.mark.skipif(not KERAS_3, reason="tf_keras takes TensorFlow's functions on its tensors")


@keras_3_only
def test_functions_of_tensorflow_in_callers_and_helpers() -> None:
    """Calls behind the failing one are changed with it: in its function, in its callers, and in what these call."""
    fix = first_fix("""
        def resized(t, like):
            return tf.image.resize(t, like.shape[1:3])
        def gated(t):
            return t * tf.sigmoid(t)
        def build():
            start = keras.Input((8, 8, 2))
            small = layers.MaxPooling2D()(start)
            large = resized(small, start)
            both = tf.concat([start, gated(large)], axis=-1)
            return keras.Model(start, both)
        model = build()
    """)
    assert rows(fix) == [5, 7, 12]
    assert fix.status == "unverified"


@keras_3_only
def test_functions_of_tensorflow_on_data_stay() -> None:
    """What is called on data, shapes and numbers later on is no mistake: the repair stays verified and small."""
    fix = first_fix("""
        start = keras.Input((6, 2))
        x = tf.transpose(layers.Dense(3)(start), perm=[0, 2, 1])
        model = keras.Model(start, layers.Dense(2)(x))
        side = tf.sqrt(float(x.shape[1]))
        x = tf.ones((4, 6, 2))
        loss = tf.reduce_mean(model(x))
    """)
    assert rows(fix) == [5]
    assert fix.status == "verified"


def test_models_in_the_place_of_tensors() -> None:
    """A second model that stands where a tensor belongs is changed as the first one was."""
    fix = first_fix("""
        def tower(size):
            start = keras.Input((size,))
            return keras.Model(start, layers.Dense(4)(start))
        users, items = tower(5), tower(6)
        one = layers.Dense(3)(users)
        other = layers.Dense(3)(items)
        model = keras.Model([users.input, items.input], layers.Add()([one, other]))
    """)
    assert rows(fix) == [8, 9]
    assert fix.status == "unverified"


def test_one_model_in_the_place_of_a_tensor() -> None:
    """Where the mistake stands in one call only, its repair was tried as a whole."""
    fix = first_fix("""
        start = keras.Input((5,))
        base = keras.Model(start, layers.Dense(4)(start))
        end = layers.Dense(3)(base)
        model = keras.Model(base.input, end)
        print(base.name, model.name)
    """)
    assert rows(fix) == [6]
    assert fix.status == "verified"


def test_sizes_that_are_floats() -> None:
    """The same parameter of a layer to come is made whole as well; a rate is no size."""
    fix = first_fix("""
        width = 24
        start = keras.Input((5,))
        x = layers.RepeatVector(width / 4)(start)
        x = layers.Dropout(1 / 4)(x)
        x = layers.Flatten()(x)
        x = layers.RepeatVector(width / 8)(x)
    """)
    assert rows(fix) == [6, 9]
    assert fix.status == "unverified"
