"""A rule is a file with its page, an example that shows the mistake, and the example's blessed output."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import pytest

from kerasguard.render import pages
from tests.conftest import REPOSITORY

RULES = sorted((REPOSITORY / "kerasguard" / "rules").glob("kg[0-9][0-9][0-9]_*.py"))
GOLDEN = REPOSITORY / "tests" / "ui"
# The answer where no rule knows the mistake: it has no mistake of its own to show.
WITHOUT_EXAMPLE = {"kg000_unknown_mistake"}


def constant(tree: ast.Module, name: str) -> object:
    """Return the literal that a module assigns to `name`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return ast.literal_eval(node.value)
    return None


def test_there_are_rules() -> None:
    """The search below finds files."""
    assert RULES


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_file_is_named_for_its_rule(path: Path) -> None:
    """Code and name of a rule are those of its file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    code, _, name = path.stem.partition("_")
    assert constant(tree, "CODE") == code.upper()
    assert constant(tree, "NAME") == name.replace("_", "-")


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_page_has_its_sections(path: Path) -> None:
    """The docstring holds every section once, in order, each with text."""
    page = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    headings = [(row, found) for row, line in enumerate(page.splitlines()) if (found := pages.heading(line))]
    assert [found for _, found in headings] == list(pages.SECTIONS)
    rows = [row for row, _ in headings] + [len(page.splitlines())]
    for start, end in itertools.pairwise(rows):
        assert re.search(r"\w", "\n".join(page.splitlines()[start + 1 : end]))


@pytest.mark.parametrize("path", [path for path in RULES if path.stem not in WITHOUT_EXAMPLE], ids=lambda p: p.stem)
def test_the_rule_has_an_example_and_its_output(path: Path) -> None:
    """An example of the same name exists, and so does the text it is known to produce."""
    assert (REPOSITORY / "examples" / path.name).exists()
    assert (GOLDEN / f"{path.stem}.txt").exists()


def test_no_example_or_output_is_left_over() -> None:
    """Every example belongs to a rule, every golden text to an example."""
    names = {path.stem for path in RULES}
    assert {path.stem for path in (REPOSITORY / "examples").glob("*.py")} <= names
    assert {path.name.partition(".")[0] for path in GOLDEN.glob("*.txt")} <= names
