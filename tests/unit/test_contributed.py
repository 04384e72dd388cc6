"""Rules of other libraries: the example of README as a package that is installed, beside one that is broken."""

from __future__ import annotations

import json
import os
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from kerasguard import contributed
from tests.conftest import REPOSITORY, Python

LAYERS = """
import tensorflow as tf

class Gate(tf.keras.layers.Layer):
    def call(self, mask):
        if mask.dtype != "bool":
            raise TypeError("bad mask")
        return tf.where(mask, 1.0, 0.0)
"""
PROGRAM = """
import numpy as np
from acme.layers import Gate

gate = Gate(autocast=False)
mask = np.array([[1, 0]])
print(gate(mask).shape)
"""


def example() -> str:
    """Return the rule that README shows."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    block = readme.partition("<!-- rule -->\n")[2].partition("<!-- /rule -->")[0]
    return block.partition("\n")[2].rpartition("````")[0]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Install two packages, one with a rule that is well and one with rules that are not; return what finds them."""
    site = tmp_path / "site-packages"
    files = {
        "acme/__init__.py": "print('acme was imported')\n",
        "acme/layers.py": LAYERS,
        "acme/kerasguard_rules/__init__.py": "",
        "acme/kerasguard_rules/acme001_gate.py": example(),
        "acme-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n",
        "acme-1.0.dist-info/entry_points.txt": "[kerasguard.rules]\ngate = acme.kerasguard_rules.acme001_gate\n",
        "bad/__init__.py": "",
        "bad/syntax.py": "def (\n",
        "bad/taken.py": '"""A page."""\nCODE = "KG301"\nNAME = "x"\n',
        "bad/bare.py": '"""A page."""\nCODE = "BAD001"\nNAME = "bare"\n',
        "bad-2.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: bad\nVersion: 2.0\n",
        "bad-2.0.dist-info/entry_points.txt": (
            "[kerasguard.rules]\na = bad.syntax\nb = bad.taken\nc = bad.bare\nd = bad.missing\n"
        ),
    }
    for name, text in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(site), os.environ["PYTHONPATH"]])}


def test_the_rule_of_the_manual_works(python: Python, tmp_path: Path, environment: dict[str, str]) -> None:
    """The error of a library's layer is explained by its own rule, with a tried fix; broken rules cost a line."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = python(["-m", "kerasguard", "run", "--report", "r.json", "program.py"], environment=environment)
    assert "ACME001 gate-without-truth-values: `mask` holds int64, a Gate takes truth values." in done.stderr
    assert "(tried on your objects" in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("kerasguard: rule ")]
    assert lines == [
        "kerasguard: rule 'bad.syntax' of bad is left out: SyntaxError: invalid syntax (syntax.py, line 1)",
        "kerasguard: rule 'bad.taken' of bad is left out: its code KG301 is another rule's",
        "kerasguard: rule 'bad.bare' of bad is left out: it has no matches and no repairs",
        "kerasguard: rule 'bad.missing' of bad is left out: ModuleNotFoundError: No module named 'bad.missing'",
    ]
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["diagnosis"]
    assert found["code"] == "ACME001"
    assert found["fixes"][0]["edits"][0]["content"] == "(mask != 0)"


def test_rules_wait_for_an_error(python: Python, tmp_path: Path, environment: dict[str, str]) -> None:
    """As long as nothing fails no rule is imported."""
    (tmp_path / "program.py").write_text("print('well')\n", encoding="utf-8")
    done = python(["-m", "kerasguard", "run", "program.py"], environment=environment)
    assert (done.stdout, done.stderr) == ("well\n", "")


def test_explain_knows_them(python: Python, environment: dict[str, str]) -> None:
    """The list and the page of a code show the rules of other libraries, without importing anything of theirs."""
    done = python(["-m", "kerasguard", "explain"], environment=environment)
    assert "ACME001  gate-without-truth-values" in done.stdout
    assert "BAD001" in done.stdout
    assert "acme was imported" not in done.stdout
    assert len(done.stderr.splitlines()) == 3
    page = python(["-m", "kerasguard", "explain", "acme001"], environment=environment).stdout
    assert "Masks made of zeros and ones look the same" in page


@pytest.mark.parametrize(
    ("code", "name", "reason"),
    [
        (None, "x", "its CODE"),
        ("acme1", "x", "its CODE"),
        ("ACME1", None, "its NAME"),
        ("ACME1", "Big Name", "its NAME"),
        ("KG301", "x", "another rule's"),
    ],
)
def test_what_is_no_rule(code: object, name: object, reason: str) -> None:
    """Codes and names have a form, for the note on an exception is recognised by them."""
    with pytest.raises(contributed.Unusable, match=reason):
        contributed.identified(code, name, {"KG301"})


def test_a_broken_rule_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for one fault, however often it is met."""
    point = EntryPoint("x", "nowhere.rule", contributed.GROUP)
    for _ in range(2):
        contributed.tell(point, ImportError("no\nsuch thing"))
    assert capsys.readouterr().err == (
        "kerasguard: rule 'nowhere.rule' of an unknown package is left out: ImportError: no such thing\n"
    )
