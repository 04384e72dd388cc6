"""`import kerasguard` costs next to nothing: no framework comes with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Python

HEAVY = ("tensorflow", "keras", "tf_keras", "numpy", "rich")


def loaded_by(statement: str) -> list[str]:
    """Return which heavy packages a fresh interpreter has loaded after `statement`."""
    code = f"import sys\n{statement}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    "statement",
    [
        "import kerasguard",
        "from kerasguard import *",
        "import kerasguard; kerasguard.install(); kerasguard.uninstall()",
        "import kerasguard\nwith kerasguard.guard(): pass",
        "import kerasguard.cli, kerasguard.pytest_plugin, kerasguard.vocabulary",
        "from kerasguard import catalogue; catalogue.pages()",
    ],
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    """Importing kerasguard, switching it on, and listing its rules load no framework."""
    assert loaded_by(statement) == []


def test_install_loads_only_the_guard() -> None:
    """What explains is loaded by the first error: `install` brings the patches, the records and the hooks."""
    code = "import sys, keras, kerasguard; kerasguard.install(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith("kerasguard.")}
    parts = {part for name in loaded for part in name.split(".")[1:]}
    assert {"patches", "boundary", "excepthooks"} <= parts
    assert not parts & {"engine", "evidence", "finding", "render", "repairs", "rules", "situation", "vocabulary"}
    assert {name for name in loaded if ".adapters." in name} == {"kerasguard.adapters.patch_points"}


def test_this_test_can_fail() -> None:
    """A heavy import is noticed."""
    assert "rich" in loaded_by("import kerasguard, rich")


def test_an_error_without_keras_loads_nothing(python: Python, tmp_path: Path) -> None:
    """An uncaught error of a program without Keras is none of our business."""
    program = tmp_path / "program.py"
    program.write_text(
        f"import atexit, sys\natexit.register(lambda: print(*[n for n in {HEAVY!r} if n in sys.modules]))\n1 / 0\n",
        encoding="utf-8",
    )
    assert python(["-m", "kerasguard", "run", "program.py"]).stdout.split() == []
