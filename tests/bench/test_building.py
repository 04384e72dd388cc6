"""What the guard costs while a model is built: time, and the memory of its records."""

from __future__ import annotations

import gc
import importlib
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kerasguard
from kerasguard.provenance import recorder
from tests.bench.measure import held, in_turns

LAYERS = 1_000
OWN = str(Path(kerasguard.__file__).parent)


@pytest.fixture(params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    """Return each Keras."""
    return importlib.import_module(request.param)


@pytest.fixture(autouse=True)
def _deep() -> Iterator[None]:
    """Let Keras descend into a thousand layers: it walks a graph by recursion."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20 * LAYERS)
    yield
    sys.setrecursionlimit(before)


def block(keras: Any, tensor: Any) -> Any:
    """Apply two layers, as a helper of a user's would."""
    return keras.layers.Activation("relu")(keras.layers.Dense(4)(tensor))


def build(keras: Any, count: int) -> Any:
    """Return a functional model of `count` layers."""
    entered = tensor = keras.Input((4,))
    for _ in range(count // 2):
        tensor = block(keras, tensor)
    return keras.Model(entered, tensor)


def test_building_a_large_model(benchmark: Any, keras: Any) -> None:
    """Building 1,000 layers takes at most 6 % longer."""
    turns = in_turns(benchmark, lambda: build(keras, LAYERS), rounds=6)
    held(benchmark, f"building {LAYERS:,} layers ({keras.__name__})", turns.ratio(), 1.06, "times")


def test_records_are_small_and_go_with_the_model(benchmark: Any, keras: Any) -> None:
    """A symbolic call leaves at most 600 bytes, and none when the model is gone."""
    count, sizes = 400, []
    kerasguard.install()
    try:
        build(keras, 4)
        gc.collect()
        known = recorder.size()

        def turn() -> None:
            tracemalloc.start()
            model = build(keras, count)
            gc.collect()
            taken = tracemalloc.take_snapshot().filter_traces(
                [tracemalloc.Filter(inclusive=True, filename_pattern=f"{OWN}/*")]
            )
            tracemalloc.stop()
            assert recorder.size() >= known + 2 * count, "each layer and each call is remembered"
            del model
            sizes.append(sum(trace.size for trace in taken.traces) / count)

        benchmark.pedantic(turn, rounds=1)
        gc.collect()
        assert recorder.size() <= known, "records outlive their model"
    finally:
        kerasguard.uninstall()
    held(benchmark, f"records for each symbolic call ({keras.__name__})", max(sizes), 600, "bytes")
