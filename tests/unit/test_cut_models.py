"""Before it refused them, Keras 3 made models whose outputs hang on other inputs: that is said when they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.ops.function import Function

import kerasguard
from kerasguard import KerasGuardWarning
from kerasguard.adapters import patch_points

SILENT = patch_points.makes_cut_models(type(keras.Model(*[keras.Input((1,))] * 2)))


@pytest.fixture
def makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a Keras that looks at a new model's graph go without that look, as it did before."""
    if SILENT:
        return
    monkeypatch.setattr(patch_points, "makes_cut_models", lambda functional: functional is not None)
    real = Function.__init__

    def without_a_look(self: Any, *args: Any, **kwargs: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Function, "_run_through_graph", lambda *_, **__: None)
            real(self, *args, **kwargs)

    monkeypatch.setattr(Function, "__init__", without_a_look)


def from_the_base() -> tuple[keras.Model, Any]:
    """Go on from the output of a base in the place of calling it."""
    picture = keras.Input((8, 8, 3))
    base = keras.Model(picture, keras.layers.GlobalAveragePooling2D()(picture))
    photo = keras.Input((8, 8, 3), name="photo")
    scaled = keras.layers.Rescaling(2.0)(photo)
    del scaled
    return keras.Model(photo, keras.layers.Dense(2)(base.output)), np.zeros((2, 8, 8, 3))


def one_too_few() -> tuple[keras.Model, Any]:
    """Use an Input that is not listed."""
    left, right = keras.Input((3,), name="left"), keras.Input((4,), name="right")
    return keras.Model([left], keras.layers.concatenate([left, right])), np.zeros((2, 3))


@pytest.mark.usefixtures("makes_them")
@pytest.mark.parametrize(("make", "code"), [(from_the_base, "KG111"), (one_too_few, "KG112")])
def test_a_cut_model_is_told_when_it_is_made_and_when_it_fails(
    make: Callable[[], tuple[keras.Model, Any]], code: str
) -> None:
    """The warning stands at the line that makes the model; the error of its first call has the same code and fix."""
    with kerasguard.guard():
        with pytest.warns(KerasGuardWarning, match=code) as said:
            model, data = make()
        with pytest.raises(Exception) as caught:  # noqa: PT011 - its type is Keras' business
            model.predict(data, verbose=0)
    warned = said[0].message
    assert isinstance(warned, KerasGuardWarning)
    assert warned.diagnosis is not None
    assert warned.diagnosis.crash is not None
    assert "keras.Model(" in warned.diagnosis.crash.code
    diagnosis = kerasguard.diagnose(caught.value)
    assert diagnosis is not None
    assert (diagnosis.code, diagnosis.fixes) == (code, warned.diagnosis.fixes)
    assert diagnosis.crash is not None
    assert "predict" in diagnosis.crash.code
    assert diagnosis.exception is not None


@pytest.mark.usefixtures("makes_them")
def test_a_model_in_order_is_told_nothing(recwarn: pytest.WarningsRecorder) -> None:
    """An input that nobody uses is no cut: the model works."""
    with kerasguard.guard():
        used, unused = keras.Input((3,)), keras.Input((4,))
        model = keras.Model([used, unused], keras.layers.Dense(2)(used))
        model.predict([np.zeros((2, 3)), np.zeros((2, 4))], verbose=0)
    assert not [one for one in recwarn if isinstance(one.message, KerasGuardWarning)]
