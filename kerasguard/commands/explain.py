"""``kerasguard explain``: the list of codes, and the long page of one of them."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from kerasguard import catalogue
from kerasguard.render import manual, terminal
from kerasguard.render import pages as layout

UNKNOWN = 2


def explain(wanted: str | None) -> int:
    """Print the page of the code (or name) `wanted`, or the list of all codes; return the exit status."""
    pages = catalogue.pages()
    if wanted is None:
        terminal.show_lines(layout.index([(page.code, page.name, page.title) for page in pages]), sys.stdout)
        return 0
    for page in pages:
        if wanted.upper() == page.code or wanted.lower() == page.name:
            terminal.show_lines(layout.page(page.code, page.name, page.text), sys.stdout)
            return 0
    known = [word for page in pages for word in (page.code, page.name)]
    close = difflib.get_close_matches(wanted.upper(), known) + difflib.get_close_matches(wanted.lower(), known)
    print(f"kerasguard: there is no code {wanted!r}.", file=sys.stderr)
    if close:
        print(f"Did you mean {', '.join(dict.fromkeys(close))}?", file=sys.stderr)
    print("`kerasguard explain` lists all codes.", file=sys.stderr)
    return UNKNOWN


def write_all(folder: Path | None) -> int:
    """Write the page of every code and their index to `folder` as Markdown; return the exit status."""
    if folder is None:
        print("kerasguard: --all needs --output DIR", file=sys.stderr)
        return UNKNOWN
    pages = catalogue.pages()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for page in pages:
            (folder / manual.filename(page)).write_text(manual.markdown(page), encoding="utf-8")
        (folder / manual.INDEX).write_text(manual.index(pages), encoding="utf-8")
    except OSError as failure:
        print(f"kerasguard: cannot write the manual: {failure}", file=sys.stderr)
        return 1
    print(f"{len(pages)} pages and {folder / manual.INDEX}")
    return 0
