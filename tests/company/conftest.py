"""Every test here leaves Keras and the hooks of Python as it found them; most run under both Kerases."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import tensorflow as tf

import kerasguard
from kerasguard.guarding import reporting, switch
from tests.company.models import snapshot

KERASES = {"keras3": tf.keras, "tf_keras": importlib.import_module("tf_keras")}


@pytest.fixture(params=KERASES)
def keras(request: pytest.FixtureRequest) -> Any:
    """One Keras after the other."""
    return KERASES[request.param]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Compare patches, hooks and states before and after."""
    before = snapshot(), sys.excepthook, threading.excepthook, list(sys.meta_path)
    yield
    kerasguard.uninstall()
    assert (snapshot(), sys.excepthook, threading.excepthook, list(sys.meta_path)) == before
    assert switch._installation is None
    assert reporting._run.failure is None
