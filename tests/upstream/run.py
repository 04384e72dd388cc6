"""Run Keras' own tests without and with the guard, and compare them outcome by outcome: there must be no difference.

The wheel of Keras ships its tests. They are copied to a folder outside of site-packages, so that kerasguard takes them
for a user's code and explains every error that they provoke, and run in two processes, one without and one with
``kerasguard.install()``. An outcome is passed, failed or skipped for each phase of a test, with type and message of the
exception. A test that differs is run twice more without and with the guard, alone with its module: when it does not even
agree with itself without the guard it is flaky and named as such; anything else is a bug of kerasguard's.

    python -m tests.upstream.run            the whole list, a line for every few modules (half an hour)
    python -m tests.upstream.run --short    what CI runs
    python -m tests.upstream.run --modules models/model_test.py "layers/rnn/*_test.py"
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.upstream import modules

# Keras' own conftest.py is not in its wheel; this is all that its tests import from there.
CONFTEST = """import keras, pytest
def skip_if_backend(backend, reason):
    return pytest.mark.skipif(keras.backend.backend() == backend, reason=reason)
"""
REPOSITORY = Path(__file__).resolve().parents[2]
AT_ONCE = 10  # modules that share a process
Way = Literal["bare", "guarded"]
Outcomes = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Difference:
    """A test that came out differently under guard."""

    test: str
    bare: dict[str, str]
    guarded: dict[str, str]

    def __str__(self) -> str:
        return f"{self.test}\n    without  {self.bare}\n    guarded  {self.guarded}"


@dataclass
class Comparison:
    """What the two runs came to.

    Attributes
    ----------
    tests
        How many tests ran; those of modules that could not be collected are not among them.
    uncollected
        The modules that need a package that is not installed.
    flaky
        Tests that do not agree with themselves without the guard.
    """

    tests: int = 0
    passed: int = 0
    uncollected: list[str] = field(default_factory=list)
    flaky: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    seconds: dict[Way, float] = field(default_factory=dict)

    def add(self, other: Comparison) -> None:
        """Take in what other modules came to."""
        self.tests += other.tests
        self.passed += other.passed
        self.uncollected += other.uncollected
        self.flaky += other.flaky
        self.differences += other.differences
        self.seconds = {way: self.seconds.get(way, 0.0) + spent for way, spent in other.seconds.items()}

    def summary(self) -> str:
        """Return the figures in one line."""
        return (
            f"{self.tests} tests of Keras' own, {self.passed} pass: {len(self.differences)} differences under guard, "
            f"{len(self.flaky)} flaky, {len(self.uncollected)} modules need packages that are not installed "
            f"({self.seconds['bare']:.0f} s without, {self.seconds['guarded']:.0f} s with)"
        )


def compare(paths: Sequence[Path]) -> Comparison:
    """Run the test modules both ways and compare."""
    comparison = Comparison()
    with tempfile.TemporaryDirectory(prefix="keras-tests-") as name:
        folder = Path(name).resolve()
        (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        copies = [copied(path, folder) for path in paths]
        runs: dict[Way, Outcomes] = {}
        for way in ("bare", "guarded"):
            began = time.monotonic()
            runs[way] = run(folder, copies, way)
            comparison.seconds[way] = time.monotonic() - began
        bare, guarded = runs["bare"], runs["guarded"]
        comparison.uncollected = sorted(test for test, phases in bare.items() if "collect" in phases)
        comparison.tests = len(bare) - len(comparison.uncollected)
        comparison.passed = sum(phases.get("call") == "passed" for phases in bare.values())
        differing = sorted(test for test in bare.keys() | guarded.keys() if bare.get(test) != guarded.get(test))
        again = {way: _again(folder, differing, way) for way in ("bare", "guarded")} if differing else {}
        for test in differing:
            repeated = [bare.get(test), *(outcomes.get(test) for outcomes in again["bare"])]
            if any(one != repeated[0] for one in repeated):
                comparison.flaky.append(test)
                continue
            shown = next((one[test] for one in again["guarded"] if one.get(test) != repeated[0] and test in one), None)
            comparison.differences.append(Difference(test, bare.get(test, {}), shown or guarded.get(test, {})))
    return comparison


def copied(path: Path, folder: Path) -> str:
    """Copy a test module under a name that tells its folder, and return that name."""
    name = "_".join(path.relative_to(modules.source_folder()).parts)
    shutil.copy(path, folder / name)
    return name


def run(folder: Path, names: Sequence[str], way: Way) -> Outcomes:
    """Run the copied modules in a process of their own and return what became of each test."""
    written = folder / f"{way}.json"
    written.unlink(missing_ok=True)
    settings = {
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_USE_LEGACY_KERAS": "0",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(folder / "home"),
        "KERASGUARD_RAISE": "1",
        "KERASGUARD_UPSTREAM": way,
        "KERASGUARD_UPSTREAM_OUTCOMES": str(written),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONHASHSEED": "0",
    }
    options = ["-p", "tests.upstream.plugin", "-p", "no:cacheprovider", "-p", "no:kerasguard", "-c", os.devnull]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            *options,
            f"--rootdir={folder}",
            "--continue-on-collection-errors",
            *names,
        ],
        cwd=folder,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if not written.exists():
        raise RuntimeError(f"Keras' tests did not run to the end ({way}):\n{done.stdout[-4000:]}")
    outcomes: Outcomes = json.loads(written.read_text(encoding="utf-8"))
    return outcomes


def _again(folder: Path, tests: Sequence[str], way: Way) -> list[Outcomes]:
    """Run the modules of these tests twice more."""
    names = sorted({test.partition("::")[0] for test in tests})
    return [run(folder, names, way) for _ in range(2)]


def main() -> int:
    """Compare what the command line asks for; return 1 when anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.upstream.run", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="only what CI runs")
    parser.add_argument("--modules", nargs="+", metavar="PATTERN", help="modules below keras/src, in place of the list")
    options = parser.parse_args()
    patterns = tuple(options.modules or ()) or (modules.SHORT if options.short else modules.FULL)
    comparison = Comparison()
    paths = modules.found(patterns)
    for first in range(0, len(paths), AT_ONCE):
        part = compare(paths[first : first + AT_ONCE])
        comparison.add(part)
        for line in (*part.differences, *(f"flaky: {name}" for name in part.flaky)):
            print(line)
        print(f"{paths[first].name} ...: {part.summary()}", flush=True)
    print(f"all: {comparison.summary()}")
    return 1 if comparison.differences or not comparison.tests else 0


if __name__ == "__main__":
    sys.exit(main())
