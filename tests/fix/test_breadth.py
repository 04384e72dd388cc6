"""The first fix of every example and of real bugs is applied and run (``KERASGUARD_CORPUS=all``: of all the bugs)."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from kerasguard.commands import demo
from tests.conftest import FLAVOURS, REPOSITORY, collected

HERE = Path(__file__).parent
CASES = REPOSITORY / "tests" / "corpus" / "cases"
EXAMPLES = demo.examples()
EVERY = 1 if os.environ.get("KERASGUARD_CORPUS") == "all" else 8

# Share of the programs that run after `fix`; a change may raise it and never lowers it.
FLOORS = {"keras3": 0.9, "tf_keras": 0.9}
# What no edit can be proposed for: only the user knows what was meant.
WITHOUT_FIX = {
    "kg000_unknown_mistake",
    "kg712_sequence_of_length_one",
    "kg732_class_weight_incomplete",
    "kg506_no_samples",
}


def mended(flavour: str, *programs: Path) -> list[dict[str, Any]]:
    """Return what `fix --unsafe` makes of programs; TensorFlow is imported once for all of them."""
    return [json.loads(line) for line in collected(flavour, HERE / "collect.py", *programs).splitlines()]


@functools.cache
def examples(flavour: str) -> dict[str, dict[str, Any]]:
    """Return what comes of every example."""
    return {Path(one["program"]).stem: one for one in mended(flavour, *EXAMPLES)}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_first_fix_mends_the_example(example: Path, flavour: str) -> None:
    """It runs to its end, nothing is diagnosed any more, and a second time changes nothing."""
    one = examples(flavour)[example.stem]
    if example.stem in WITHOUT_FIX:
        assert not one["rounds"]
        return
    assert one["runs"], one
    assert [done["verdict"] for done in one["rounds"]] == ["runs"], one
    assert not one["warnings"], one
    assert one["again"] == {"runs": True, "error": "", "now": None, "warnings": [], "rounds": [], "left": []}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_real_bugs_are_mended(flavour: str) -> None:
    """The share of mended programs holds; what runs stays as it is a second time, and no verified fix fails."""
    programs = []
    for case in sorted(CASES.iterdir()):
        if (case / "broken.py").exists():
            truth = json.loads((case / "case.json").read_text(encoding="utf-8"))
            if flavour in truth.get("runs_on", []):
                programs.append(case / "broken.py")
    found = mended(flavour, *programs[::EVERY])
    assert found
    for one in found:
        again = one["again"]
        assert again is None or (again["runs"] and not again["rounds"]), one
        assert not [done for done in one["rounds"] if done["status"] == "verified" and done["verdict"] == "rolled back"]
    running = [one for one in found if one["runs"]]
    assert len(running) / len(found) >= FLOORS[flavour], [one for one in found if not one["runs"]]
