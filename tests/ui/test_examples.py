"""What users see: every example under both Kerases against its golden text (``--bless`` rewrites them)."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from kerasguard.commands import demo
from kerasguard.render import text
from tests.conftest import FLAVOURS, collected, validate_report

HERE = Path(__file__).parent
EXAMPLES = demo.examples()
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


@functools.cache
def outcomes(flavour: str) -> dict[str, Any]:
    """Return what each example comes to under `flavour`; TensorFlow is imported once for all of them."""
    found: dict[str, Any] = json.loads(collected(flavour, HERE / "collect.py"))
    return found


def golden(example: Path, flavour: str) -> Path:
    """Return the file with the text of `example`: one for both Kerases unless they differ."""
    own = HERE / f"{example.stem}.{flavour}.txt"
    return own if flavour != "keras3" and own.exists() else HERE / f"{example.stem}.txt"


def write_golden(example: Path, flavour: str, shown: str) -> None:
    """Bless `shown`; a second file is kept only where the Kerases differ."""
    common, own = HERE / f"{example.stem}.txt", HERE / f"{example.stem}.{flavour}.txt"
    if flavour == "keras3":
        common.write_text(shown, encoding="utf-8")
    elif common.exists() and common.read_text(encoding="utf-8") == shown:
        own.unlink(missing_ok=True)
    else:
        own.write_text(shown, encoding="utf-8")


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example: Path, flavour: str, bless: bool) -> None:  # noqa: FBT001 - a fixture
    """An example gives exactly the code of its name, and the text that was blessed."""
    outcome = outcomes(flavour)[example.stem]
    assert outcome["codes"] == [demo.expected_code(example)], outcome["error"]
    validate_report(outcome["report"])
    shown = _ADDRESS.sub("0x...", outcome["text"]) + "\n"
    if bless:
        write_golden(example, flavour, shown)
    path = golden(example, flavour)
    assert path.exists(), f"{shown}\nrun pytest --bless, and read what it wrote"
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.name)
def test_golden_text_fits_and_is_portable(path: Path) -> None:
    """A golden text has at most 25 lines of 100 columns, no absolute path, no address and no escape code."""
    shown = path.read_text(encoding="utf-8")
    assert len(shown.splitlines()) <= text.MOST_LINES
    assert all(len(line) <= text.WIDTH for line in shown.splitlines())
    assert not re.search(r"/(tmp|home|root|usr|Users)/|site-packages|\x1b|0x[0-9a-f]{6,}", shown)
