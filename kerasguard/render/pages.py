"""Lay out the long page of a code, and the list of all codes."""

from __future__ import annotations

from collections.abc import Sequence

from kerasguard.render.sanitise import cut
from kerasguard.render.text import GAP, WIDTH, Line, Span

SECTIONS = ("What it does", "Why it happens", "Example", "Use instead", "When the fix is wrong")


def index(rules: Sequence[tuple[str, str, str]]) -> list[Line]:
    """Return a line for each rule: code, name, and the first sentence of its page."""
    names = max((len(name) for _, name, _ in rules), default=0)
    return [
        (
            Span(code + GAP, "label"),
            Span(name.ljust(names) + GAP, "strong"),
            Span(cut(title, max(0, WIDTH - len(code) - names - 2 * len(GAP))), "quiet"),
        )
        for code, name, title in rules
    ]


def page(code: str, name: str, text: str) -> list[Line]:
    """Return the page of a rule: its heading, and its docstring with headings and code set apart."""
    lines: list[Line] = [(Span(code, "label"), Span(f" {name}", "strong")), ()]
    fenced = False
    for row in text.splitlines():
        if row.lstrip().startswith("```"):
            fenced = not fenced
            continue
        lines.append((_page_span(row, fenced=fenced),))
    return lines


def _page_span(row: str, *, fenced: bool) -> Span:
    if heading(row):
        return Span(row.strip(" #:"), "strong")
    if fenced:
        return Span(f"    {row}", "place")
    return Span(row, "place" if row.startswith("    ") else "plain")


def heading(row: str) -> str | None:
    """Return which of the sections begins with `row`, if one does."""
    stripped = row.strip(" #:")
    return stripped if stripped in SECTIONS else None
