"""Make text from the user's program safe to show: no escape sequences, no surrogates, no endless lines."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "..."
LONGEST = 4_000  # characters looked at of any one text; nothing longer is ever shown

_COLOUR_CODES = re.compile(r"\x1b\[[0-9;]*m")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_WIDE = {"W", "F"}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def one_line(text: str) -> str:
    """Return `text` on one line, with every control, format and invisible character spelled out."""
    return "".join(_visible(character) for character in str(text)[:LONGEST].replace("\t", "    "))


def paragraph(text: str) -> str:
    """Return `text` as running words: white space collapsed, invisible characters spelled out."""
    return one_line(" ".join(str(text)[:LONGEST].split()))


def message(text: str) -> str:
    """Return an exception's message: line breaks kept, colours taken out, other control characters spelled out."""
    plain = _COLOUR_CODES.sub("", text)
    return "\n".join("".join(_visible(character) for character in line) for line in plain.split("\n"))


def without_surrogates(text: str) -> str:
    """Return `text` with lone surrogates replaced, so that it can be encoded."""
    return re.sub("[\ud800-\udfff]", _REPLACEMENT, text)


def cells(text: str) -> int:
    """Return the number of terminal columns that `text` takes."""
    return sum(_width(character) for character in text)


def cut(text: str, width: int) -> str:
    """Return `text` shortened at its end to `width` columns."""
    if cells(text) <= width:
        return text
    return _take(text, width - len(ELLIPSIS)) + ELLIPSIS[: max(0, width)]


def cut_left(text: str, width: int) -> str:
    """Return `text` shortened at its start to `width` columns."""
    if cells(text) <= width:
        return text
    return ELLIPSIS[: max(0, width)] + _take(text[::-1], width - len(ELLIPSIS))[::-1]


def pad(text: str, width: int) -> str:
    """Return `text` filled up with blanks to `width` columns."""
    return text + " " * (width - cells(text))


def _take(text: str, width: int) -> str:
    taken: list[str] = []
    for character in text:
        width -= _width(character)
        if width < 0:
            break
        taken.append(character)
    return "".join(taken)


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _visible(character: str) -> str:
    if " " <= character <= "~":
        return character
    category = unicodedata.category(character)
    if category == "Cs":
        return _REPLACEMENT
    if category in _INVISIBLE:
        return character.encode("unicode_escape").decode("ascii")
    return character
