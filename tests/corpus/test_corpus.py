"""Real bugs: a fast part of the corpus has to stay above floors (``KERASGUARD_CORPUS=all`` runs the whole)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SLOW_TF_KERAS

HERE = Path(__file__).parent
EVERY = 1 if os.environ.get("KERASGUARD_CORPUS") == "all" else 5
EVERY_OF = {"keras3": EVERY, "tf_keras": EVERY * 3 if SLOW_TF_KERAS else EVERY}

# Shares of the cases that fail under each Keras; a change may raise them and never lowers them.
FLOORS = {
    "keras3": {"caught": 1.0, "named": 0.95, "located": 0.9, "traced": 0.7, "repaired": 0.9},
    "tf_keras": {"caught": 1.0, "named": 0.95, "located": 0.9, "traced": 0.7, "repaired": 0.85},
}


@pytest.mark.parametrize("flavour", FLOORS)
def test_corpus(flavour: str, tmp_path: Path) -> None:
    """No fix claims to work and does not, no correct program is disturbed, and the shares hold."""
    chosen = tmp_path / "cases"
    chosen.mkdir()
    for case in sorted((HERE / "cases").iterdir())[:: EVERY_OF[flavour]]:
        (chosen / case.name).symlink_to(case, target_is_directory=True)
    result = tmp_path / "result.json"
    done = subprocess.run(
        [sys.executable, str(HERE / "score.py"), str(chosen), "--keras", flavour, "--json", str(result)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(result.read_text(encoding="utf-8"))["figures"]
    assert figures["cases"] > 0
    assert (figures["lied"], figures["noise"]) == (0, 0), done.stdout
    low = {name: figures[name] for name, floor in FLOORS[flavour].items() if figures[name] < floor}
    assert not low, done.stdout
