"""The pytest plugin in sessions of its own: what it shows, when it is on, what it writes, what `raises` accepts."""

from __future__ import annotations

import json
import re
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

import pytest

from kerasguard.pytest_plugin.reports import file_name

pytest_plugins = ["pytester"]
PLUGIN = [] if entry_points(group="pytest11", name="kerasguard") else ["-p", "kerasguard.pytest_plugin"]

# Failures that carry a diagnosis without TensorFlow.
CHEAP = """
import pytest
from kerasguard.guarding import switch
from kerasguard.vocabulary import Diagnosis

def fail():
    error = ValueError("no")
    setattr(error, switch.DIAGNOSIS, Diagnosis("KG301", "missing-batch-axis", "One sample.", "", None))
    raise error
"""
KERAS = """
import re
import unittest
import numpy as np
import pytest
import tensorflow as tf
from kerasguard.pytest_plugin import raises

model = tf.keras.Sequential([tf.keras.Input((4,), name="row"), tf.keras.layers.Dense(1)])
words = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Embedding(5, 2)])
rows = np.zeros((3, 4))
MESSAGE = []

@pytest.mark.kerasguard(False)
def test_unguarded():
    with pytest.raises(ValueError) as caught:
        model(rows[0])
    MESSAGE.append(str(caught.value))
    model(rows[0])

def test_plain():
    sample = rows[0]
    model(sample)

def test_match():
    with pytest.raises(ValueError, match="^" + re.escape(MESSAGE[0]) + "$"):
        model(rows[0])

class TestOld(unittest.TestCase):
    def test_in_a_test_case(self):
        model(rows[0])

@pytest.fixture
def prediction():
    return model(rows[0])

def test_setup(prediction):
    pass

def test_expected(kerasguard):
    with kerasguard.raises("KG301") as caught:
        model(rows[0])
    assert isinstance(caught.value, ValueError)
    assert caught.diagnosis.cause.code == "model(rows[0])"
    assert kerasguard.diagnose(caught.value) is caught.diagnosis
    assert kerasguard.check(model, rows) == [] == kerasguard.noticed

@pytest.mark.kerasguard(False)
def test_any_type():
    with raises("id-outside-embedding", "KG999") as caught:
        words(np.array([[1, 7]]))
    assert not isinstance(caught.value, ValueError)

def test_nothing_came():
    with raises("KG301"):
        model(rows)

def test_another_code_came():
    with raises("KG309", "KG999"):
        model(rows[0])

def test_no_diagnosis_came():
    with raises():
        {}["key"]

def test_outcomes_pass():
    with raises("KG301"):
        pytest.skip("not an error")
"""


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave room for whole lines in the summary; on a CI machine pytest would print all lines of each message."""
    monkeypatch.setenv("COLUMNS", "250")
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)


def run(pytester: pytest.Pytester, *arguments: str) -> str:
    """Run pytest with the plugin in the test's folder, and return its output."""
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", *PLUGIN, *arguments)
    assert done.ret in {0, 1, 2}, done.stderr.str()
    return str(done.stdout.str())


def headed(output: str, code: str = "KG301") -> int:
    """Return how many sections of the plugin begin with an explanation."""
    return len(re.findall(rf"-+ kerasguard -+\n{code} ", output))


def summary(output: str) -> list[str]:
    """Return the lines of the short test summary."""
    return output.partition("short test summary info")[2].splitlines()[1:-1]


def content(path: Any) -> dict[str, Any]:
    """Return a report that was written."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_it_is_off_by_default(pytester: pytest.Pytester) -> None:
    """Without being asked the plugin loads nothing but itself, and a diagnosis on an error is not shown."""
    pytester.makepyfile(
        "import sys\n"
        "def test():\n"
        "    ours = {name for name in sys.modules if name.startswith('kerasguard.')}\n"
        "    known = {'kerasguard._version', 'kerasguard.pytest_plugin', 'kerasguard.pytest_plugin.raising'}\n"
        "    assert ours <= known, ours\n"
        "    heavy = {'rich', 'wrapt', 'numpy', 'tensorflow', 'keras', 'IPython'} & set(sys.modules)\n"
        "    assert not heavy, heavy\n"
    )
    assert "1 passed" in run(pytester)


def test_real_failures_of_keras(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each guarded failure has one section and one summary line, whatever raised it; `raises` tells what came."""
    pytester.makepyfile(test_many=KERAS)
    monkeypatch.setenv("KERASGUARD_REPORT", "session.json")
    output = run(pytester, "--kerasguard-json", "reports", "-rfE")
    assert "6 failed, 3 passed, 1 skipped, 1 error" in output
    assert headed(output) == 3
    lines = summary(output)
    explained = [line for line in lines if "KG301 missing-batch-axis: " in line]
    assert [line.partition(" - ")[0] for line in explained] == [
        "FAILED test_many.py::test_plain",
        "FAILED test_many.py::TestOld::test_in_a_test_case",
        "ERROR test_many.py::test_setup",
    ]
    assert "FAILED test_many.py::test_unguarded - ValueError: " in "\n".join(lines)
    assert "expected, and nothing was raised" in output
    assert "(there is no code KG999; KG309 matched as well, but did not win)" in output
    assert "expected; KeyError: 'key' came, of which kerasguard knows nothing" in output
    folder = pytester.path / "reports"
    names = {path.name for path in folder.iterdir()}
    assert {"test_many.py.test_plain.json", "test_many.py.TestOld.test_in_a_test_case.json"} <= names
    assert "test_many.py.test_unguarded.json" not in names
    assert content(folder / "test_many.py.test_plain.json")["diagnosis"]["cause"]["function"] == "test_plain"
    assert content(folder / "test_many.py.test_no_diagnosis_came.json")["diagnosis"] is None
    assert content(pytester.path / "session.json")["diagnosis"]["cause"]["function"] == "test_plain"


@pytest.mark.parametrize(
    ("arguments", "ini", "shown"),
    [
        ((), "", ["marked", "fixture"]),
        (("--kerasguard",), "", ["plain", "marked", "fixture"]),
        ((), "true", ["plain", "marked", "fixture"]),
        (("--no-kerasguard",), "true", ["marked", "fixture"]),
        (("--kerasguard",), "false", ["plain", "marked", "fixture"]),
    ],
)
def test_what_counts_most(pytester: pytest.Pytester, arguments: tuple[str, ...], ini: str, shown: list[str]) -> None:
    """The marker decides before the fixture, the command line and the configuration, in this order."""
    if ini:
        pytester.makeini(f"[pytest]\nkerasguard = {ini}\naddopts = --strict-markers\n")
    pytester.makepyfile(
        CHEAP + "def test_plain():\n    fail()\n"
        "@pytest.mark.kerasguard(False)\ndef test_never(kerasguard):\n    fail()\n"
        "@pytest.mark.kerasguard\ndef test_marked():\n    fail()\n"
        "def test_fixture(kerasguard):\n    fail()\n"
    )
    output = run(pytester, *arguments)
    explained = [line for line in summary(output) if "KG301 missing-batch-axis: One sample." in line]
    assert [re.findall(r"::test_(\w+)", line)[0] for line in explained] == shown
    assert headed(output) == len(shown)
    assert "4 failed" in output


def test_the_environment_switches_it_off(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under KERASGUARD=0 nothing is guarded, and `raises` says why it cannot work."""
    monkeypatch.setenv("KERASGUARD", "0")
    pytester.makepyfile(
        CHEAP + "def test_plain():\n    fail()\n"
        "def test_raises(kerasguard):\n    with kerasguard.raises('KG301'):\n        fail()\n"
    )
    output = run(pytester, "--kerasguard")
    assert headed(output) == 0
    assert "kerasguard is switched off (KERASGUARD=0)" in output


def test_a_module_that_cannot_be_imported(pytester: pytest.Pytester) -> None:
    """An error at the top of a test module is explained as well."""
    pytester.makepyfile(CHEAP + "fail()\n")
    output = run(pytester, "--kerasguard")
    assert headed(output) == 1
    assert [line for line in summary(output) if line.startswith("ERROR") and "KG301 missing-batch-axis" in line]


def test_other_failures_look_as_ever(pytester: pytest.Pytester) -> None:
    """A failure without a diagnosis has no section, and the code of a passing test does not appear."""
    pytester.makepyfile(
        CHEAP + "def test_other():\n    assert 1 == 2\n"
        "def test_handled():\n    with pytest.raises(ValueError, match='^no$'):\n        fail()\n"
    )
    with_it, without = run(pytester, "--kerasguard"), run(pytester)
    assert "KG301" not in with_it.replace("Diagnosis(", "")
    assert re.sub(r"in [\d.]+s", "", with_it) == re.sub(r"in [\d.]+s", "", without)


def test_distributed_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under pytest-xdist sections, summary and reports of the workers arrive where the session was started."""
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    pytester.makepyfile(test_a=CHEAP + "def test_one():\n    fail()\n", test_b=CHEAP + "def test_two():\n    fail()\n")
    monkeypatch.setenv("KERASGUARD_REPORT", "session.json")
    output = run(pytester, "--kerasguard-json", "reports", "-n2")
    assert headed(output) == 2
    assert len([line for line in summary(output) if "KG301 missing-batch-axis: One sample." in line]) == 2
    assert {path.name for path in (pytester.path / "reports").iterdir()} == {
        "test_a.py.test_one.json",
        "test_b.py.test_two.json",
    }
    assert content(pytester.path / "session.json")["diagnosis"]["code"] == "KG301"


def test_a_report_goes_when_its_test_passes_again(pytester: pytest.Pytester) -> None:
    """The folder holds the reports of the tests that fail now."""
    body = CHEAP + "import os\ndef test_it():\n    'WELL' in os.environ or fail()\ndef test_ill():\n    fail()\n"
    pytester.makepyfile(test_x=body)
    run(pytester, "--kerasguard-json", "reports")
    assert len(list((pytester.path / "reports").iterdir())) == 2
    pytester.makepyfile(test_x=body.replace("'WELL' in os.environ", "True"))
    run(pytester, "--kerasguard-json", "reports")
    assert [path.name for path in (pytester.path / "reports").iterdir()] == ["test_x.py.test_ill.json"]


def test_file_names_are_safe_and_distinct() -> None:
    """Whatever stands in a test's id, its file has a name of its own that every file system takes."""
    ids = [
        "a/test_b.py::C::test_d[0]",
        "t.py::t[a b]",
        "t.py::t[a_b]",
        "t.py::t[a:b]",
        f"t.py::t[{'x' * 500}]",
        "t::ü?",
    ]
    names = [file_name(one) for one in ids] + [file_name(ids[0], 2)]
    assert names[0] == "a.test_b.py.C.test_d[0].json"
    assert len(set(names)) == len(names)
    assert all(len(name) < 200 and not set(name) & set('/\\:*?"<>|') for name in names)


def test_xdist_is_part_of_the_test_extra() -> None:
    """The test above is skipped by accident nowhere."""
    assert find_spec("xdist") is not None
