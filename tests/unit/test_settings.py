"""The settings: variables and arguments that say the same, the table in README, and the report of any guarded run."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import kerasguard
from kerasguard import settings
from tests.conftest import REPOSITORY, Python

# A failure that carries a diagnosis without TensorFlow.
FAILING = """
import kerasguard
from kerasguard.guarding import switch
from kerasguard.vocabulary import Diagnosis

def fail(code="KG301"):
    error = ValueError("no")
    setattr(error, switch.DIAGNOSIS, Diagnosis(code, "missing-batch-axis", "One sample.", "", None))
    raise error
"""
TWO_FAILURES = """
for code in ("KG301", "KG302"):
    try:
        with kerasguard.guard():
            fail(code)
    except ValueError:
        pass
with kerasguard.guard():
    pass
"""
REPORTED = {"KERASGUARD_REPORT": "report.json"}


def run(python: Python, folder: Path, program: str, **environment: str) -> Any:
    """Run a program, and return the report that it left, or None."""
    (folder / "program.py").write_text(FAILING + program, encoding="utf-8")
    done = python(["program.py"], environment=environment)
    assert "kerasguard failed" not in done.stderr
    path = folder / "report.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def test_readme_shows_the_table() -> None:
    """The table in README is the table of the settings."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    rows = readme.partition("<!-- settings -->\n")[2].partition("<!-- /settings -->")[0].splitlines()[2:]
    shown = [tuple(cell.strip().strip("`") for cell in row.strip("|").split("|")) for row in rows]
    assert [row[:3] for row in shown] == [(one.variable, one.argument, one.default) for one in settings.TABLE]
    assert [row[3] for row in shown] == [one.meaning.strip("`") for one in settings.TABLE]


def test_all_settings_are_everywhere() -> None:
    """Every argument in the table is one of install and of guard, and a field of the settings."""
    arguments = [one.argument for one in settings.TABLE if one.argument]
    assert list(inspect.signature(kerasguard.install).parameters) == arguments
    assert list(inspect.signature(kerasguard.guard).parameters) == arguments
    assert [field.name for field in fields(settings.Settings)] == arguments


def test_no_variable_is_missing_from_the_table() -> None:
    """Every variable that the package reads is listed."""
    known = {one.variable for one in settings.TABLE}
    for path in (REPOSITORY / "kerasguard").rglob("*.py"):
        for word in path.read_text(encoding="utf-8").replace('"', " ").replace("`", " ").replace("=", " ").split():
            assert not word.startswith("KERASGUARD_") or word.rstrip(".,:;)*") in known | {"KERASGUARD_"}, (path, word)


def test_an_argument_is_stronger_than_its_variable(tmp_path: Path) -> None:
    """What a program says wins, what it leaves open is the environment's."""
    environment = {"KERASGUARD_CHECKS": "0", "KERASGUARD_REPORT": "a.json", "KERASGUARD_LINKS": "off"}
    found = settings.resolved(checks=True, environment=environment)
    assert (found.checks, found.report, found.links) == (True, Path("a.json").absolute(), "0")
    found = settings.resolved(report=tmp_path / "b.json", links=True, environment=environment)
    assert (found.checks, found.report, found.links) == (False, tmp_path / "b.json", "1")
    assert settings.resolved(report="", environment=environment).report is None
    assert settings.resolved(environment={}) == settings.Settings()


def test_the_innermost_guard_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards stack, in whatever order they end."""
    monkeypatch.setenv("KERASGUARD_NOTES", "no")
    assert not settings.current().notes
    outer, inner = kerasguard.guard(notes=True), kerasguard.guard(notes=False)
    with outer:
        assert settings.current().notes
        inner.__enter__()
        assert not settings.current().notes
    assert not settings.current().notes
    inner.__exit__(None, None, None)
    with kerasguard.guard():
        assert not settings.current().notes


@pytest.mark.parametrize(
    ("program", "environment", "code"),
    [
        ("kerasguard.install()\nfail()\n", REPORTED, "KG301"),
        ("kerasguard.install(report='report.json')\nfail()\n", {}, "KG301"),
        ("import os\nkerasguard.install()\nos.mkdir('sub')\nos.chdir('sub')\nfail()\n", REPORTED, "KG301"),
        ("kerasguard.install()\ntry:\n    fail()\nexcept ValueError:\n    pass\n", REPORTED, None),
        ("kerasguard.install()\n", REPORTED, None),
        ("with kerasguard.guard():\n    fail()\n", REPORTED, "KG301"),
        ("@kerasguard.guard(report='report.json')\ndef f():\n    fail()\nf()\n", {}, "KG301"),
        (
            TWO_FAILURES,
            REPORTED,
            "KG302",
        ),
        (
            "import threading\nkerasguard.install()\nt = threading.Thread(target=fail)\nt.start()\nt.join()\n",
            REPORTED,
            "KG301",
        ),
        (
            "import os\nkerasguard.install()\nif os.fork() == 0:\n    raise SystemExit\nos.wait()\nfail()\n",
            REPORTED,
            "KG301",
        ),
    ],
)
def test_any_guarded_run_leaves_its_report(
    python: Python, tmp_path: Path, program: str, environment: dict[str, str], code: str | None
) -> None:
    """The report is where it was asked for: the latest failure that was not caught, or none."""
    content = run(python, tmp_path, program, **environment)
    assert content["schema"] == 1
    assert (content["diagnosis"] or {"code": None})["code"] == code


@pytest.mark.parametrize(
    "program",
    ["fail()\n", "kerasguard.install(report='')\nfail()\n", "with kerasguard.guard(report=''):\n    fail()\n"],
)
def test_no_report_without_a_guard_or_a_wish(python: Python, tmp_path: Path, program: str) -> None:
    """A run that is not guarded, or that asks for none, leaves no report."""
    assert run(python, tmp_path, program, **REPORTED) is None
    assert run(python, tmp_path, "kerasguard.install()\nfail()\n", KERASGUARD="0", **REPORTED) is None


def test_a_report_that_cannot_be_written_costs_a_line(python: Python, tmp_path: Path) -> None:
    """A missing folder is told on stderr, and the program ends as it would."""
    (tmp_path / "program.py").write_text(FAILING + "kerasguard.install()\n", encoding="utf-8")
    done = python(["program.py"], environment={"KERASGUARD_REPORT": "nowhere/report.json"})
    assert done.returncode == 0
    assert done.stderr.startswith("kerasguard: cannot write the report: ")
    assert len(done.stderr.splitlines()) == 1


def test_run_takes_the_variable_as_well(python: Python, tmp_path: Path) -> None:
    """`kerasguard run` writes to KERASGUARD_REPORT; its own option is stronger."""
    (tmp_path / "program.py").write_text(FAILING + "fail()\n", encoding="utf-8")
    python(["-m", "kerasguard", "run", "program.py"], environment=REPORTED)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["diagnosis"]["code"] == "KG301"
    (tmp_path / "report.json").unlink()
    python(["-m", "kerasguard", "run", "--report", "other.json", "program.py"], environment=REPORTED)
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["other.json"]


def test_without_notes_the_exception_is_left_alone(python: Python, tmp_path: Path) -> None:
    """notes=False explains an uncaught error below the traceback, and puts nothing on it."""
    program = (
        "import os\nos.environ['CUDA_VISIBLE_DEVICES'] = '-1'\nimport numpy as np\nimport tensorflow as tf\n"
        "import kerasguard\nkerasguard.install(notes=False)\nmodel = tf.keras.Sequential([tf.keras.Input((4,)), "
        "tf.keras.layers.Dense(1)])\nrow = np.zeros(4)\ntry:\n    model(row)\nexcept ValueError as error:\n"
        "    print(getattr(error, '__notes__', None), kerasguard.diagnose(error).code)\nmodel(row)\n"
    )
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    done = python(["program.py"], environment=REPORTED)
    assert done.stdout == "None KG301\n"
    assert done.stderr.count("KG301 missing-batch-axis: ") == 1
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["diagnosis"]["cause"]["row"] > 1
