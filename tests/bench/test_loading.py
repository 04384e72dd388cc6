"""What it costs to load and install kerasguard where Keras is loaded already."""

from __future__ import annotations

import json
import statistics
from typing import Any

import pytest

from tests.bench.measure import held
from tests.conftest import Python

# Each measurement is a process of its own, forked from one that has loaded TensorFlow and nothing of kerasguard.
SCRIPT = """
import json, os, sys, time
import tensorflow as tf
tf.keras.Model

def once():
    begun = time.process_time()
    import kerasguard
    imported = time.process_time()
    kerasguard.install()
    return imported - begun, time.process_time() - imported

for _ in range(9):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, json.dumps(once()).encode())
        os._exit(0)
    os.close(writing)
    print(os.read(reading, 1000).decode(), flush=True)
    os.wait()
"""


@pytest.mark.parametrize("legacy", ["0", "1"], ids=["keras", "tf_keras"])
def test_import_and_install(benchmark: Any, python: Python, legacy: str) -> None:
    """`import kerasguard` takes at most 20 ms, `install()` at most 15 ms."""
    environment = {"TF_USE_LEGACY_KERAS": legacy, "PYTHONDONTWRITEBYTECODE": ""}
    done = benchmark.pedantic(lambda: python(["-c", SCRIPT], environment=environment), rounds=1)
    times = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(times) == 9, done.stderr
    imported, installed = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    package = "tf_keras" if legacy == "1" else "keras"
    held(benchmark, f"`import kerasguard` ({package})", imported, 20, "ms")
    held(benchmark, f"`kerasguard.install()` ({package})", installed, 15, "ms")
