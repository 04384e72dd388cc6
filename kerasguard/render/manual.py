"""The manual as Markdown: a page for every code, their index, and the table in README."""

from __future__ import annotations

from collections.abc import Sequence

from kerasguard.catalogue import Page

BEGIN, END = "<!-- codes -->", "<!-- /codes -->"
INDEX = "index.md"
# The first digit of a code says what the mistake is about.
FAMILIES = {
    "0": "No rule knows it",
    "1": "Building a model: tensors, Inputs, calls",
    "2": "Building a model: shapes",
    "3": "Data against the model's inputs",
    "4": "Labels, losses and outputs",
    "5": "Data that is no tensor yet",
    "6": "While it runs",
    "7": "Mistakes that raise nothing",
}
OTHERS = "Rules of other libraries"


def filename(page: Page) -> str:
    """Return the name of the file that holds a page."""
    return f"{page.code.lower()}-{page.name}.md"


def markdown(page: Page) -> str:
    """Return the page of a code."""
    return f"# {page.code} {page.name}\n\n{page.text.strip()}\n\n[All codes]({INDEX})\n"


def index(pages: Sequence[Page]) -> str:
    """Return the index, with a link to every page."""
    parts = ["# What kerasguard knows\n"]
    for digit, members in _families(pages).items():
        parts.append(f"## {FAMILIES.get(digit, OTHERS)}\n")
        parts += [f"- [{page.code} {page.name}]({filename(page)}): {page.title}" for page in members]
        parts.append("")
    return "\n".join(parts)


def table(pages: Sequence[Page]) -> str:
    """Return the table of all codes, as README shows it."""
    rows = ["| code | name | the mistake |", "|---|---|---|"]
    rows += [f"| {page.code} | {page.name} | {_cell(page.title)} |" for page in pages]
    return "\n".join(rows)


def with_table(readme: str, pages: Sequence[Page]) -> str:
    """Return the text of README with the table between its markers.

    Raises
    ------
    ValueError
        When the markers are missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{table(pages)}\n{END}{after}"


def _families(pages: Sequence[Page]) -> dict[str, list[Page]]:
    found: dict[str, list[Page]] = {}
    for page in pages:
        digit = page.code[2:3] if page.code.startswith("KG") else ""
        found.setdefault(digit, []).append(page)
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
