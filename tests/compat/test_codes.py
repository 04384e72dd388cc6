"""The examples give their codes on every supported release; their texts are compared on the newest one (tests/ui)."""

from __future__ import annotations

import functools
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from kerasguard.commands import demo
from tests.conftest import FLAVOURS, REPOSITORY, SLOW_TF_KERAS, collected

COLLECT = REPOSITORY / "tests" / "ui" / "collect.py"

pytestmark = pytest.mark.skipif(
    "KERASGUARD_CELL" not in os.environ, reason="tests/ui asserts codes and texts on the newest release; nox sets this"
)


def releases(package: str) -> tuple[int, int]:
    """Return major and minor number of an installed package."""
    major, minor = version(package).split(".")[:2]
    return int(major), int(minor)


# What an older release lets pass: the example runs to its end there.
SILENT_BEFORE = {
    "kg406_wrong_target_structure": (3, 10),
    "kg407_wrong_target_names": (3, 4),
    "kg601_id_outside_embedding": (3, 4),
}
SILENT = {
    "keras3": {name for name, since in SILENT_BEFORE.items() if releases("keras") < since},
    "tf_keras": set[str](),
}
# What an older release refuses later, as another mistake; and what goes unnoticed there (README says why).
OTHERWISE_BEFORE = {
    ("keras3", "kg136_input_bound_anew"): ((3, 10), ["KG309"]),
    ("tf_keras", "kg702_labels_broadcast_over_columns"): ((2, 18), []),
    ("tf_keras", "kg703_labels_broadcast_over_time"): ((2, 18), []),
}
PACKAGES = {"keras3": "keras", "tf_keras": "tf_keras"}
EVERY = {"keras3": 1, "tf_keras": 6 if SLOW_TF_KERAS else 1}
EXAMPLES = [(flavour, path) for flavour in FLAVOURS for path in demo.examples()[:: EVERY[flavour]]]


@functools.cache
def outcomes(flavour: str) -> dict[str, Any]:
    """Return what came of the examples; TensorFlow is imported once for all of them."""
    names = [path.stem for one, path in EXAMPLES if one == flavour]
    found: dict[str, Any] = json.loads(collected(flavour, COLLECT, *names))
    return found


@pytest.mark.parametrize(("flavour", "example"), EXAMPLES, ids=lambda one: one.stem if isinstance(one, Path) else one)
def test_example_gives_its_code(flavour: str, example: Path) -> None:
    """Exactly the code of its name comes out, and nothing where this release accepts the mistake."""
    outcome = outcomes(flavour)[example.stem]
    since, otherwise = OTHERWISE_BEFORE.get((flavour, example.stem), ((0, 0), []))
    if example.stem in SILENT[flavour]:
        assert outcome["error"] == ""
    elif releases(PACKAGES[flavour]) < since:
        assert outcome["codes"] == otherwise
    else:
        assert outcome["codes"] == [demo.expected_code(example)], outcome["error"]
