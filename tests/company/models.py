"""The small models of these tests, what they take and what they refuse, and what the guard may have patched."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import kerasguard
from kerasguard.adapters import patch_points

GOOD = np.zeros((2, 6, 6, 3), "float32")
ONE_SAMPLE = GOOD[0]
FLAT_SERIES = np.zeros((4, 10), "float32")


def picture_model(keras: Any, name: str | None = None) -> Any:
    """Return a compiled model that takes (None, 6, 6, 3)."""
    image = keras.Input((6, 6, 3), name="image")
    model = keras.Model(image, keras.layers.Dense(1)(keras.layers.Flatten()(image)), name=name)
    model.compile("sgd", "mse")
    return model


def series_model(keras: Any, name: str | None = None) -> Any:
    """Return a compiled model that takes (None, 10, 2)."""
    series = keras.Input((10, 2), name="series")
    model = keras.Model(series, keras.layers.Dense(1)(keras.layers.Flatten()(series)), name=name)
    model.compile("sgd", "mse")
    return model


def refused(model: Any, data: Any = ONE_SAMPLE) -> Exception:
    """Return the error that a call of the model raises."""
    try:
        model(data)
    except Exception as error:  # noqa: BLE001 - type and text are Keras' own
        return error
    pytest.fail("the call was accepted")


def code(error: BaseException) -> str | None:
    """Return the code of what kerasguard found out about an error."""
    diagnosis = kerasguard.diagnose(error)
    return None if diagnosis is None else diagnosis.code


def snapshot() -> list[tuple[Any, str, Any]]:
    """Return every attribute that the guard may patch, with the object that its owner holds."""
    found = []
    for name in patch_points.PACKAGES:
        package = sys.modules.get(name)
        points = [*patch_points.points(package), *patch_points.tensorflow_points()] if package is not None else []
        found += [(point.owner, point.attribute, id(vars(point.owner).get(point.attribute))) for point in points]
    return found
