"""The releases that kerasguard supports, one cell each: ``nox -l`` lists them, ``nox -s "cell(oldest)"`` runs one.

A cell is an interpreter with a TensorFlow, its Keras 3 and its tf_keras, from PyPI, and runs what does not depend on the
wording of one release (`tests.compat`, the trials, the walk, the corpus). The whole suite runs on the newest releases:
``python -m pytest``. A cell whose interpreter is not installed is skipped, and nox says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nox

nox.options.sessions = ["cell"]
nox.options.error_on_missing_interpreters = False

TOOLS = ("pytest>=8", "pytest-xdist>=3", "jsonschema>=4", "hypothesis>=6", "ipython>=8", "nbformat>=5")
TESTS = (
    "tests/compat",
    "tests/corpus",
    "tests/unit/test_cut_models.py",
    "tests/unit/test_guard.py",
    "tests/unit/test_other_releases.py",
    "tests/unit/test_trial.py",
    "tests/unit/test_walk.py",
    "tests/unit/test_walk_datasets.py",
)


@dataclass(frozen=True)
class Cell:
    """One combination of releases; an empty one is the newest that there is."""

    name: str
    python: str
    tensorflow: str = ""
    keras: str = ""
    tf_keras: str = ""


CELLS = (
    Cell("oldest", "3.11", "==2.16.*", "==3.0.*", "==2.16.*"),
    Cell("2.18", "3.12", "==2.18.*", "==3.6.*", "==2.18.*"),
    Cell("2.20", "3.13", "==2.20.*", "==3.10.*", "==2.20.*"),
    Cell("newest", "3.13"),
)


def interpreter(version: str) -> str:
    """Return an interpreter of this version that runs, also one that pyenv has installed and not switched on."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found: Iterator[str | Path | None] = iter(
        (shutil.which(f"python{version}"), *sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True))
    )
    for path in found:
        if path is not None and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return str(path)
    return version  # not installed: nox skips the cell and says which interpreter it misses


@nox.session
@nox.parametrize(("python", "cell"), [nox.param(interpreter(cell.python), cell, id=cell.name) for cell in CELLS])
def cell(session: nox.Session, cell: Cell) -> None:
    """Install the releases of a cell and run the tests that hold on every one."""
    session.install("-e", ".", f"tensorflow-cpu{cell.tensorflow}", f"keras{cell.keras}", *TOOLS)
    version = session.run(
        "python", "-c", "from importlib.metadata import version; print(version('tensorflow-cpu'))", silent=True
    )
    minor = ".".join(str(version).strip().split(".")[:2])
    # tf_keras requires `tensorflow`; the same files are there already as tensorflow-cpu.
    session.install("--no-deps", f"tf_keras{cell.tf_keras or f'=={minor}.*'}")
    session.run("python", "-m", "pytest", *(session.posargs or TESTS), env={"KERASGUARD_CELL": cell.name})
