"""An explanation for a notebook: the page's fragment, and below it links to the cells whose lines it names."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping

from kerasguard.render.text import plain
from kerasguard.vocabulary import Diagnosis, Place

# Both JupyterLab and exported pages know a cell by this fragment of the address.
_ANCHOR = "#cell-id="
_IDENTITY = re.compile(r"[A-Za-z0-9_-]+")


def bundle(diagnosis: Diagnosis, name: Callable[[str], str | None], identities: Mapping[str, str]) -> dict[str, str]:
    """Return what a notebook displays, by type: HTML, and plain text where that is not shown.

    Parameters
    ----------
    diagnosis
        What is shown.
    name
        Gives the name of a cell, like ``In[3]``, for the file name of its code; None for a file.
    identities
        The notebook's own ids of the cells, by name.
    """
    links = ", ".join(_links(diagnosis, name, identities))
    footer = f'<p class="kerasguard-cells">Lines: {links}</p>' if links else ""
    return {"text/plain": plain(diagnosis), "text/html": diagnosis._repr_html_() + footer}


def _links(diagnosis: Diagnosis, name: Callable[[str], str | None], identities: Mapping[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    for place, part in _places(diagnosis):
        cell = name(place.filename)
        if cell is None or (words := f"{cell}, line {place.row}") in seen:
            continue
        seen.add(words)
        shown = html.escape(f"{words}{part}")
        identity = identities.get(cell, "")
        yield f'<a href="{_ANCHOR}{identity}">{shown}</a>' if _IDENTITY.fullmatch(identity) else shown


def _places(diagnosis: Diagnosis) -> Iterator[tuple[Place, str]]:
    if diagnosis.cause is not None:
        yield diagnosis.cause, " (the cause)"
    for step in diagnosis.trace:
        yield step.place, ""
    if diagnosis.crash is not None:
        yield diagnosis.crash, ""
