"""How long it takes from the crash to the report, with the loading of all that an explanation needs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.bench.measure import held, noted
from tests.conftest import Python

HERE = Path(__file__).parent
PROGRAMS = sorted((HERE / "programs").glob("*.py"))
PEERS = {"rich": ("rich", "rich.traceback with locals"), "friendly": ("friendly_traceback", "friendly-traceback")}
TENSORSENSOR = """
import time
import tsensor

def block():
    with tsensor.explain():
        pass

block()
begun = time.process_time()
for _ in range(20_000):
    block()
print((time.process_time() - begun) / 20_000 * 1e6)
"""


def crashes(python: Python, tool: str, programs: Sequence[Path], legacy: str) -> list[dict[str, Any]]:
    """Return what explaining the programs cost; those that do not fail under this Keras are left out."""
    environment = {"TF_USE_LEGACY_KERAS": legacy, "PYTHONDONTWRITEBYTECODE": ""}
    done = python([HERE / "crashes.py", tool, *programs], environment=environment, timeout=500)
    found = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert len(found) == len(programs), done.stderr
    return [one for one in found if one["failed"]]


def package(legacy: str) -> str:
    """Return the name of the Keras under test."""
    return "tf_keras" if legacy == "1" else "keras"


def test_examples(benchmark: Any, python: Python, examples: list[Path], legacy: str) -> None:
    """The median over the examples is at most 200 ms, and none takes more than 2.5 s."""
    found = benchmark.pedantic(lambda: crashes(python, "guard", examples, legacy), rounds=1)
    assert len(found) > 0.7 * len(examples), "examples that raise nothing are the few about silent mistakes"
    assert all(one["noted"] for one in found)
    times = [one["processor"] * 1000 for one in found]
    many = f"{len(found)} examples ({package(legacy)})"
    held(benchmark, f"crash to report, median of {many}", statistics.median(times), 200, "ms")
    held(benchmark, f"crash to report, slowest of {many}", max(times), 2500, "ms")


def test_worst_cases(benchmark: Any, python: Python, legacy: str) -> None:
    """A graph of 5,000 layers, an array of 4 GB and a dataset of 50 stages take at most 2.5 s."""
    found = benchmark.pedantic(lambda: crashes(python, "guard", PROGRAMS, legacy), rounds=1)
    assert [one["noted"] for one in found] == [True] * len(PROGRAMS)
    for one in found:
        name = f"crash to report, {one['program'].replace('_', ' ')} ({package(legacy)})"
        held(benchmark, name, one["processor"] * 1000, 2500, "ms")
        if one["program"] == "large_array":
            held(benchmark, f"peak memory of that report ({package(legacy)})", one["memory"] / 2**20, 20, "MB more")


@pytest.mark.parametrize("tool", PEERS)
def test_peers(benchmark: Any, python: Python, examples: list[Path], tool: str, full: bool) -> None:  # noqa: FBT001
    """Tools that explain tracebacks without knowing Keras, on the same examples."""
    module, name = PEERS[tool]
    pytest.importorskip(module)
    if not full:
        pytest.skip("compared by `python -m tests.bench`")
    programs = examples[::8]
    theirs = benchmark.pedantic(lambda: crashes(python, tool, programs, "0"), rounds=1)
    ours = crashes(python, "guard", programs, "0")
    for tool_name, found in ((name, theirs), ("kerasguard", ours)):
        value = statistics.median(one["processor"] * 1000 for one in found)
        noted(benchmark, f"crash to report, median of {len(found)} examples: {tool_name}", value, "ms")


def test_tensorsensor(benchmark: Any, python: Python, full: bool) -> None:  # noqa: FBT001 - a fixture
    """The empty block of TensorSensor, beside our empty guarded call."""
    pytest.importorskip("tsensor")
    if not full:
        pytest.skip("compared by `python -m tests.bench`")
    done = benchmark.pedantic(lambda: python(["-c", TENSORSENSOR]), rounds=1)
    noted(benchmark, "an empty block of TensorSensor", float(done.stdout), "µs more")
