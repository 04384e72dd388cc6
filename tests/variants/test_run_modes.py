"""One mistake, every way to run the model: eager, in a graph, compiled, through each kind of pipeline, in a loop.

Each gives the same code and blames the same line. Where a mode rightly moves the line, has another mistake of it, or
cannot show it at all, the tables beside the mistake say so; ``gaps`` are failures that are known.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FLAVOURS
from tests.variants.run_modes.mistakes import BARE_WIDTH, MISTAKES
from tests.variants.run_modes.modes import MODES, marks, program

COLLECT = [sys.executable, "-m", "tests.variants.run_modes.collect"]
ROOT = Path(__file__).parents[2]
LONGEST_S = 1200


@functools.cache
def running() -> dict[str, subprocess.Popen[str]]:
    """Start a process for each Keras, side by side."""
    return {
        flavour: subprocess.Popen(
            COLLECT,
            cwd=ROOT,
            env=os.environ | {"TF_USE_LEGACY_KERAS": legacy},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        for flavour, legacy in FLAVOURS.items()
    }


@functools.cache
def found(flavour: str) -> dict[str, Any]:
    """Return what came of every program under `flavour`."""
    process = running()[flavour]
    told, _ = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0
    outcomes: dict[str, Any] = json.loads(told)
    return outcomes


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_same_code_and_cause(flavour: str, name: str, mode: str, request: pytest.FixtureRequest) -> None:
    """The mistake has its code and its line whatever runs the model."""
    mistake = MISTAKES[name]
    reason = mistake.entry(mistake.impossible, flavour, mode)
    if reason is not None:
        pytest.skip(reason)
    gap = mistake.entry(mistake.gaps, flavour, mode)
    if gap is not None:
        request.applymarker(pytest.mark.xfail(reason=gap, strict=gap != BARE_WIDTH))
    outcome = found(flavour)[f"{name}: {mode}"]
    code = mistake.entry(mistake.other, flavour, mode) or mistake.code
    mark = mistake.entry(mistake.moved, flavour, mode) or mistake.cause
    row = marks(program(mistake, mode))[mark]
    assert (outcome.get("code"), outcome.get("row")) == (code, row), outcome


def test_every_mistake_is_made_in_every_group() -> None:
    """No table leaves out all modes of a kind in which the mistake can be made."""
    groups = (("eager", "graph", "jit"), ("generator", "dataset", "sequence"))
    for name, mistake in MISTAKES.items():
        for flavour in FLAVOURS:
            for group in groups:
                left = [mode for mode in group if mistake.entry(mistake.impossible, flavour, mode) is None]
                assert left or name in {"rows of a batch differ", "inputs exchanged"}, (name, group)
