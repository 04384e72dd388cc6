"""Every mistake made while a model is built, in ten variants: the same code, and the right line, under both Kerases."""

from __future__ import annotations

import functools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kerasguard import catalogue
from tests.conftest import collected
from tests.variants.building_programs import FLAVOURS, Program, programs

HERE = Path(__file__).parent
PROGRAMS = list(programs())
CASES = [pytest.param(one, flavour, id=f"{one.name}, {flavour}") for one in PROGRAMS for flavour in one.flavours]
FEWEST = 10


@functools.cache
def outcomes(flavour: str) -> dict[str, Any]:
    """Return what came of each program under `flavour`; TensorFlow is imported once for all of them."""
    found: dict[str, Any] = json.loads(collected(flavour, HERE / "collect_building.py"))
    return found


@pytest.mark.parametrize(("program", "flavour"), CASES)
def test_same_code_and_right_line(program: Program, flavour: str) -> None:
    """A variant of a mistake has the mistake's code, and one of its marked lines is blamed."""
    outcome = outcomes(flavour)[program.name]
    assert outcome["code"] == program.code, outcome
    assert outcome["cause"] in program.rows, outcome


def test_ten_variants_of_every_rule_about_building() -> None:
    """No rule about building is left out; what is no mistake under one Keras has its ten under the other."""
    rules = {name[:5].upper() for name in catalogue.rule_names() if name.startswith(("kg1", "kg2"))}
    counted = [Counter(one.code for one in PROGRAMS if flavour in one.flavours) for flavour in FLAVOURS]
    few = {code: [count[code] for count in counted] for code in rules if max(c[code] for c in counted) < FEWEST}
    assert not few
