"""Mistakes in longer programs with classes of their own: the code, and whether the fixes make the program run."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FLAVOURS, REPOSITORY, collected

COLLECTOR = REPOSITORY / "tests" / "fix" / "collect.py"
PROGRAMS = sorted((Path(__file__).parent / "own_models").glob("kg*.py"))


@functools.cache
def mended(flavour: str) -> dict[str, Any]:
    """Return what comes of each program; TensorFlow is imported once for all of them."""
    found = [json.loads(line) for line in collected(flavour, COLLECTOR, *PROGRAMS).splitlines()]
    return {Path(one["program"]).stem: one for one in found}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", [one.stem for one in PROGRAMS])
def test_the_mistake_is_named_and_mended(name: str, flavour: str) -> None:
    """The first diagnosis has the code that the file is named after, its fix makes the program run."""
    one = mended(flavour)[name]
    assert [done["code"] for done in one["rounds"]] == [name[:5].upper()], one
    assert one["runs"], one
