"""The manual: the pages of all codes as Markdown, and the table of codes in README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kerasguard import catalogue, cli
from kerasguard.render import manual, pages
from tests.conftest import REPOSITORY, Python

OURS = [page for page in catalogue.pages() if page.module in catalogue.rule_names()]
README = REPOSITORY / "README.md"


def test_readme_lists_every_code(bless: bool) -> None:  # noqa: FBT001 - a fixture
    """The table in README is the one the rules give (``pytest --bless`` writes it)."""
    now = README.read_text(encoding="utf-8")
    wanted = manual.with_table(now, OURS)
    if bless and now != wanted:
        README.write_text(wanted, encoding="utf-8")
        now = wanted
    assert now == wanted, "README is behind the rules: run pytest --bless"


def test_the_table_replaces_the_old_one() -> None:
    """Text around the markers stays, an old table goes, a bar in a title does not end its cell."""
    page = catalogue.Page("KG999", "a-name", "One | two.\n\nMore.", "kg999_a_name")
    text = manual.with_table(f"before\n{manual.BEGIN}\nold\n{manual.END}\nafter\n", [page])
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| KG999 | a-name | One \\| two. |" in text
    assert manual.with_table(text, [page]) == text
    with pytest.raises(ValueError, match="codes"):
        manual.with_table("no markers", [page])


def test_the_manual_is_written_without_keras(python: Python, tmp_path: Path) -> None:
    """`explain --all` writes a page for every code and an index whose links all lead somewhere."""
    done = python(["-X", "importtime", "-m", "kerasguard", "explain", "--all", "--output", "docs/codes"])
    assert done.returncode == 0, done.stderr
    assert not re.search(r"\| +(tensorflow|keras|numpy)$", done.stderr, re.MULTILINE)
    folder = tmp_path / "docs" / "codes"
    index = (folder / "index.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", index)
    assert sorted([*links, "index.md"]) == sorted(path.name for path in folder.iterdir())
    assert len(links) == len(catalogue.pages())


@pytest.mark.parametrize("page", OURS, ids=lambda page: page.code)
def test_a_page_is_markdown(page: catalogue.Page) -> None:
    """A page has one title, its sections below it, code in closed fences, and a way back."""
    text = manual.markdown(page)
    unfenced = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert "```" not in unfenced
    headings = re.findall(r"^(#+) (.+)$", unfenced, re.MULTILINE)
    assert headings[0] == ("#", f"{page.code} {page.name}")
    assert headings[1:] == [("##", section) for section in pages.SECTIONS]
    assert text.endswith(f"({manual.INDEX})\n")


def test_every_code_belongs_to_a_family() -> None:
    """The index groups the codes under headings that say what they are about."""
    foreign = catalogue.Page("ACME1", "an-anvil", "It falls.", "acme_rules")
    headings = re.findall(r"^## (.+)$", manual.index([*OURS, foreign]), re.MULTILINE)
    assert headings[:-1] == [manual.FAMILIES[digit] for digit in sorted({page.code[2] for page in OURS})]
    assert headings[-1] == manual.OTHERS


def test_all_wants_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a folder for it the manual is a usage error."""
    assert cli.main(["explain", "--all"]) == 2
    assert "--output" in capsys.readouterr().err
