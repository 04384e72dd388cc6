"""What is kept on the user's exceptions, and what is read off them: without running any code of their classes."""

from __future__ import annotations

from typing import Any

NO_TEXT = "(the exception's text cannot be read)"
LONGEST = 100_000  # characters of a message that are looked at
_FIELDS: Any = BaseException.__dict__["__dict__"]


def fields(error: BaseException) -> dict[str, Any]:
    """Return the attributes that an exception holds, whatever its class makes of reading and setting them."""
    held: dict[str, Any] = _FIELDS.__get__(error)
    return held


def text_of(error: BaseException, without: str = "") -> str:
    """Return the text of an exception, `without` where it has none to give."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the user's own __str__ may raise anything
        return without


def notes_of(error: BaseException) -> list[Any]:
    """Return the notes of an exception (PEP 678), an empty list where it has none."""
    found = fields(error).get("__notes__")
    return found if isinstance(found, list) else []


def add_note(error: BaseException, text: str) -> None:
    """Add a note as ``error.add_note`` does; a class that forbids it keeps no one from being told."""
    held = fields(error)
    if isinstance(held.setdefault("__notes__", []), list):
        held["__notes__"].append(text)
