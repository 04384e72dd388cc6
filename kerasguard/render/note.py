"""The explanation as a note on the user's exception (PEP 678): plain text that every host shows."""

from __future__ import annotations

import re

from kerasguard.errors import fields, notes_of
from kerasguard.render.text import plain
from kerasguard.vocabulary import Diagnosis

_OURS = re.compile(r"\n[A-Z]+\d+ [a-z0-9-]+: ")  # rules of other libraries have codes of their own


def note(diagnosis: Diagnosis) -> str:
    """Return the text for ``exception.add_note``; it begins with an empty line, apart from the message above it."""
    return "\n" + plain(diagnosis)


def is_note(text: object) -> bool:
    """Return whether `text` is a note that `note` wrote."""
    return isinstance(text, str) and _OURS.match(text) is not None


def remove_note(error: BaseException) -> None:
    """Take kerasguard's note off `error`, where the explanation is about to be shown in a place of its own."""
    notes = notes_of(error)
    if notes:
        notes[:] = [text for text in notes if not is_note(text)]
        if not notes:
            del fields(error)["__notes__"]
