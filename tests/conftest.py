"""What all tests share: a quiet TensorFlow on the processor, kerasguard's own faults raised, and ``--bless``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kerasguard import settings

REPOSITORY = Path(__file__).resolve().parent.parent

os.environ |= {
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERASGUARD_RAISE": "1",
    "NO_COLOR": "1",
    "PYTHONPATH": os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH", "")])),
}
_SETTINGS = [one.variable for one in settings.TABLE if one.variable != "KERASGUARD_RAISE"]
for _name in (*_SETTINGS, "TF_USE_LEGACY_KERAS", "FORCE_COLOR", "FORCE_HYPERLINK", "PYTHONWARNINGS"):
    os.environ.pop(_name, None)

REPORT_SCHEMA = REPOSITORY / "kerasguard" / "report.schema.json"

# AutoGraph converts all of tf_keras, once per process, before TensorFlow 2.18: seven seconds for each program.
SLOW_TF_KERAS = tuple(map(int, version("tensorflow-cpu").split(".")[:2])) < (2, 18)

Python = Callable[..., "subprocess.CompletedProcess[str]"]


FLAVOURS = {"keras3": "0", "tf_keras": "1"}  # the Kerases, and what TF_USE_LEGACY_KERAS says for each


def collected(flavour: str, script: Path, *arguments: str | Path) -> str:
    """Return what a collector prints: it imports TensorFlow once, with one Keras, for many programs."""
    done = subprocess.run(
        [sys.executable, str(script), *map(str, arguments)],
        env=os.environ | {"TF_USE_LEGACY_KERAS": FLAVOURS[flavour]},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def validate_report(content: Any) -> None:
    """Compare a JSON report with the schema that is shipped with the package."""
    schema = json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))
    jsonschema.validate(content, schema, cls=jsonschema.Draft202012Validator)


def read_report(path: Path) -> dict[str, Any]:
    """Return a report that was written, after comparing it with its schema."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    validate_report(content)
    return content


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that rewrites golden texts."""
    parser.addoption("--bless", action="store_true", help="write what came out as the new golden texts")


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether golden texts are to be rewritten."""
    return bool(request.config.getoption("--bless"))


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """Run the interpreter in a folder of the test's own, and return what it printed."""

    def run(
        arguments: Sequence[str | Path], *, environment: dict[str, str] | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | (environment or {}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=timeout,
            check=False,
        )

    return run
