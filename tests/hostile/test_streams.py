"""Streams that are closed, missing, narrow or broken, and folders that are gone: the program's error is all that counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY, collected

# What a program, or whoever starts it, may have done to its process.
STATES = {
    "closed": "sys.stdout.close()\nsys.stderr.close()\n",
    "closed below": "os.close(1)\nos.close(2)\n",
    "missing": "sys.stdout = sys.stderr = None\n",
    "no stderr": "sys.stderr = None\n",
    "only ascii": (
        "import io\n"
        "sys.stdout = io.TextIOWrapper(open(os.devnull, 'wb'), encoding='ascii', errors='strict', line_buffering=True)\n"
        "sys.stderr = io.TextIOWrapper(open(os.devnull, 'wb'), encoding='ascii', errors='strict', line_buffering=True)\n"
    ),
    "no streams at all": "sys.stdout = sys.stderr = object()\n",
    "failing": (
        "class Failing:\n"
        "    def write(self, text): raise RuntimeError('no')\n"
        "    def __getattr__(self, name): raise RuntimeError('no')\n"
        "sys.stdout = sys.stderr = Failing()\n"
    ),
    "a terminal that is gone": (
        "import io\n"
        "class Gone(io.StringIO):\n"
        "    def isatty(self): return True\n"
        "    def write(self, text): raise BrokenPipeError\n"
        "sys.stdout = sys.stderr = Gone()\nos.environ.pop('NO_COLOR', None)\nos.environ['TERM'] = 'xterm'\n"
    ),
    "a full disk": "sys.stdout = sys.stderr = open('/dev/full', 'w')\n",
    "no home": "os.environ.pop('HOME', None)\n",
    "an empty environment": "os.environ.clear()\n",
    "no folder": "import tempfile\ngone = tempfile.mkdtemp()\nos.chdir(gone)\nos.rmdir(gone)\n",
}
FAILS = "import os, sys\n{}model(bad)\n"
# The program as a script of its own, by the command line, which writes and shows all that it can.
COMMAND = """
import contextlib, os, sys, pathlib, tempfile
{state}
from kerasguard import cli
script = pathlib.Path(__file__).with_name("script.py")
kept = os.getpid()
script.write_text("import tensorflow as tf\\nkeras = tf.keras\\nm = keras.Sequential([keras.Input((4,)), "
    "keras.layers.Dense(1, name='\\u00e9\\u6f22')])\\nm(tf.zeros((2, 5)))\\n", encoding="utf-8")
told = None
try:
    told = cli.main(["run", *{options!r}, str(script)])
except BaseException as failure:
    import traceback
    told = "".join(traceback.format_exception(failure)[-6:])
"""


def outcomes(programs: dict[str, str], folder: Path) -> dict[str, Any]:
    """Run programs in children of one collector."""
    path = folder / "programs.json"
    path.write_text(json.dumps(programs), encoding="utf-8")
    found: dict[str, Any] = json.loads(collected("keras3", REPOSITORY / "tests" / "hostile" / "collect.py", path))
    return found


def test_the_error_is_the_same(tmp_path: Path) -> None:
    """Whatever is written to and wherever the program stands, its error is explained and stays what it is."""
    programs = {name: FAILS.format(state) for name, state in STATES.items()}
    for name, (plain, guarded) in outcomes(programs, tmp_path).items():
        assert [guarded.get(what) for what in ("kind", "args", "text")] == [
            plain.get(what) for what in ("kind", "args", "text")
        ], (name, plain, guarded)
        assert guarded["code"], name
        assert "kerasguard failed" not in guarded["printed"], name


def test_the_command_line_ends_with_its_status(tmp_path: Path) -> None:
    """``kerasguard run`` ends with 1, as Python does, however little there is to print to."""
    programs = {name: COMMAND.format(state=state, options=["--format", "github"]) for name, state in STATES.items()}
    told = {name: guarded.get("told") for name, (_, guarded) in outcomes(programs, tmp_path).items()}
    assert told == dict.fromkeys(STATES, 1)


def test_nothing_goes_to_stdout_for_want_of_stderr(tmp_path: Path) -> None:
    """The line that a fault of kerasguard's own costs is not printed among the program's own output."""
    program = (
        "import io, sys\nfrom kerasguard import faults\nsys.stdout, sys.stderr = io.StringIO(), None\n"
        "faults.announce('testing', ValueError())\ntold = sys.stdout.getvalue()\n"
    )
    assert outcomes({"one": program}, tmp_path)["one"][1]["told"] == ""


REPORTS = {
    "--report": "{folder}/report.json",
    "--html": "{folder}/page.html",
    "--output": "{folder}/log.sarif",
}


@pytest.mark.parametrize("kind", ["a folder", "a full device", "below a file", "a folder that goes"])
def test_files_that_cannot_be_written(kind: str, tmp_path: Path) -> None:
    """A report that cannot be written costs a line, not the program's own error or status."""
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "file").touch()
    options = ["--format", "sarif"]
    state = ""
    for option, path in REPORTS.items():
        target = Path(path.format(folder=folder))
        if kind == "a folder":
            target.mkdir()
        elif kind == "a full device":
            target.symlink_to("/dev/full")
        elif kind == "a folder that goes":
            state = (
                f"import shutil, kerasguard.commands.runner as r\nos.makedirs({str(folder)!r}, exist_ok=True)"
                "\nbefore = r.execute\n"
                f"def execute(*a):\n    shutil.rmtree({str(folder)!r})\n    return before(*a)\nr.execute = execute\n"
            )
        options += [option, str(target if kind != "below a file" else tmp_path / "file" / target.name)]
    ran = outcomes({"one": COMMAND.format(state=state, options=options)}, tmp_path)["one"][1]
    if kind == "below a file":
        assert ran["told"] == 2  # told before the program runs
        assert "no folder" in ran["printed"]
        return
    assert ran["told"] == 1
    assert "kerasguard failed" not in ran["printed"]
    assert "cannot write the report" in ran["printed"] or kind == "a full device"
