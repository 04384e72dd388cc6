"""Imports run one way, and each foreign package enters through one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "kerasguard"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "_examples" not in path.parts)

# From the outside in: a file imports from its own level and from those after it.
LEVELS = (
    {"__main__"},
    {"cli", "pytest_plugin", "ipython"},
    {"commands"},
    {"guarding"},
    {"diagnosis"},
    {"rules"},
    {"repairs"},
    {"evidence"},
    {"adapters"},
    {"provenance"},
    {"render"},
    {"event", "catalogue"},
    {"errors", "vocabulary", "faults", "settings", "contributed", "deadline", "releases", "_version"},
)
DOORS = {
    "tensorflow": "adapters",
    "keras": "adapters",
    "tf_keras": "adapters",
    "rich": "render",
    "wrapt": "guarding/patches",
    "pytest": "pytest_plugin",
    "IPython": "ipython",
}


def part(path: Path) -> str:
    """Return the part of kerasguard that a file belongs to: its folder or its own name."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def is_behind(path: Path, door: str) -> bool:
    """Return whether a file is the door of a foreign package, or lies in the folder that is."""
    mine = path.relative_to(PACKAGE).with_suffix("").parts
    return mine[: door.count("/") + 1] == tuple(door.split("/"))


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the dotted names of all modules that a file imports, inside functions as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((item.name, node.lineno) for item in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from ((f"{node.module}.{item.name}", node.lineno) for item in node.names)


def faults(path: Path, source: str) -> list[str]:
    """Return what is wrong with the imports of a file."""
    mine = part(path)
    levels = {name: level for level, names in enumerate(LEVELS) for name in names}
    found = []
    for name, row in imported(ast.parse(source)):
        top, _, rest = name.partition(".")
        if top in DOORS and not is_behind(path, DOORS[top]):
            found.append(f"{path.name}:{row} imports {top}, which only {DOORS[top]} may")
        other = rest.partition(".")[0]
        if top == "kerasguard" and mine in levels and other in levels and levels[other] < levels[mine]:
            found.append(f"{path.name}:{row} imports {other}, which lies further out than {mine}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    """No file imports from a level further out, nor a foreign package that is another file's business."""
    assert faults(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("rules/kg301_x.py", "import keras"),
        ("diagnosis/engine.py", "def f():\n    from tensorflow.python import ops"),
        ("cli.py", "from rich.text import Text"),
        ("guarding/boundary.py", "import wrapt"),
        ("render/text.py", "from kerasguard.guarding import switch"),
        ("vocabulary.py", "from kerasguard.render import text"),
        ("rules/kg301_x.py", "from kerasguard.diagnosis.engine import rules"),
    ],
)
def test_a_wrong_import_is_noticed(name: str, source: str) -> None:
    """The test above can fail."""
    assert len(faults(PACKAGE / name, source)) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_say_what_they_are_for(path: Path) -> None:
    """Every file begins with a sentence about its purpose, and stays under 400 lines."""
    source = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    assert docstring.partition("\n")[0].rstrip().endswith((".", ")")), "the first line is a sentence"
    assert len(source.splitlines()) < 400
