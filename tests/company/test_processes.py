"""Other processes: forked, spawned, in pools, as workers of pytest; what they raise is explained where it happens."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

from tests.conftest import REPOSITORY, Python

pytest_plugins = ["pytester"]
PLUGIN = [] if entry_points(group="pytest11", name="kerasguard") else ["-p", "kerasguard.pytest_plugin"]
PROGRAM = REPOSITORY / "tests" / "company" / "processes.py"
SUITE = """
import numpy as np
import pytest
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.Input((4,), name="row"), tf.keras.layers.Dense(1)])

@pytest.mark.parametrize("turn", range(4))
def test_healthy(turn):
    assert model.predict(np.zeros((turn + 1, 4)), verbose=0).shape == (turn + 1, 1)

@pytest.mark.parametrize("turn", range(2))
def test_mistaken(turn):
    row = np.zeros(4)
    model(row)

def test_expected():
    with pytest.raises(ValueError, match="incompatible"):
        model(np.zeros((2, 5)))
"""


@pytest.mark.parametrize(
    ("method", "start"),
    [("fork", [PROGRAM]), ("spawn", ["-m", "kerasguard", "run", PROGRAM])],
    ids=["fork", "spawn"],
)
def test_processes_of_a_program(python: Python, method: str, start: list[str]) -> None:
    """Exceptions come back from a pool with their diagnosis; a process that dies of one prints it; none waits for ever."""
    done = python([*start, method], timeout=200)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said.count("pool: ValueError KG301 1") == 2
    assert said[-1] == "process: 1"
    if method == "fork":
        assert said[0] == "forked under lock: 7"
    else:
        assert "method in a pool: (2, 1)" in said
    assert done.stderr.count("KG301 missing-batch-axis") == 1
    assert "kerasguard failed" not in done.stderr


def test_workers_of_pytest(pytester: pytest.Pytester) -> None:
    """Under pytest-xdist tests of real models pass and fail as ever, and failures are explained."""
    pytester.makepyfile(SUITE)
    done = pytester.runpytest_subprocess(*PLUGIN, "-n2", "--kerasguard", timeout=200)
    done.assert_outcomes(passed=5, failed=2)
    output = done.stdout.str()
    assert output.count("KG301 missing-batch-axis: `row` is one sample") >= 2
    assert "kerasguard failed" not in output
