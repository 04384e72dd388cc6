"""Lay a document out in lines: at most 25 of 100 columns, complete in themselves, without frames or colours."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from kerasguard.render.document import (
    Change,
    ChangeRow,
    Document,
    Hint,
    Paragraph,
    Sentence,
    Table,
    TableRow,
    Trace,
    TraceRow,
    build,
)
from kerasguard.render.sanitise import ELLIPSIS, cells, cut, cut_left, pad, paragraph
from kerasguard.vocabulary import Diagnosis

WIDTH = 100
MOST_LINES = 25
NARROWEST = 60
INDENT = "    "
GAP = "  "

_WHERE_WIDTH = 34
_NAME_WIDTH = 32

Role = Literal["plain", "label", "strong", "quiet", "wanted", "given", "place", "removed", "added", "command"]
Item = TypeVar("Item")


class Span(NamedTuple):
    """A piece of a line, with the part it plays there, and the file and row it stands for, if any."""

    text: str
    role: Role = "plain"
    target: tuple[str, int] | None = None


Line = tuple[Span, ...]
_BLANK: Line = ()


@dataclass(frozen=True, slots=True)
class _Limits:
    """How many lines each kind of block may take."""

    sentence: int
    paragraph: int
    table: int
    trace: int
    change: int
    alternatives: int


# Tried in this order until the page is short enough; the sentence, the ends of the trace and the fix stay longest.
_LADDER = (
    _Limits(sentence=4, paragraph=6, table=8, trace=9, change=10, alternatives=2),
    _Limits(sentence=4, paragraph=4, table=6, trace=7, change=8, alternatives=1),
    _Limits(sentence=3, paragraph=3, table=5, trace=5, change=6, alternatives=0),
    _Limits(sentence=3, paragraph=2, table=4, trace=4, change=5, alternatives=0),
    _Limits(sentence=2, paragraph=0, table=4, trace=4, change=4, alternatives=0),
)


def plain(diagnosis: Diagnosis, width: int = WIDTH) -> str:
    """Return the explanation of `diagnosis` as plain text of at most 25 lines."""
    return "\n".join(line_text(line) for line in layout(build(diagnosis), width))


def headline(diagnosis: Diagnosis) -> str:
    """Return the code, the name and the sentence of `diagnosis`, on one line."""
    return paragraph(f"{diagnosis.code} {diagnosis.name}: {diagnosis.title}")


def line_text(line: Line) -> str:
    """Return a line without its roles."""
    return "".join(span.text for span in line).rstrip()


def layout(document: Document, width: int = WIDTH) -> list[Line]:
    """Return the lines of `document`, each at most `width` columns wide.

    Long source lines are cut, long traces folded in the middle; when the whole is too long, blocks shrink together.
    """
    width = max(NARROWEST, min(width, WIDTH))
    lines: list[Line] = []
    for limits in _LADDER:
        lines = _lines(document, limits, width)
        if len(lines) <= MOST_LINES:
            break
    return [_fitted(line, width) for line in lines[:MOST_LINES]]


def _lines(document: Document, limits: _Limits, width: int) -> list[Line]:
    lines: list[Line] = []
    for block in document.blocks:
        match block:
            case Sentence():
                found = _sentence(block, limits.sentence, width)
            case Paragraph():
                found = [(Span(INDENT + row),) for row in _wrapped(block.text, width - len(INDENT), limits.paragraph)]
            case Table():
                found = _table(block, limits.table, width)
            case Trace():
                found = _trace(block, limits.trace, width)
            case Change():
                found = _change(block, limits, width)
            case Hint():
                found = _hint(block)
        if found and lines:
            lines.append(_BLANK)
        lines += found
    return lines


def _sentence(block: Sentence, most: int, width: int) -> list[Line]:
    first, *others = _wrapped(f"{block.label} {block.text}", width, most)
    return [
        (Span(first[: len(block.label)], "label"), Span(first[len(block.label) :], "strong")),
        *((Span(row, "strong"),) for row in others),
    ]


def _table(block: Table, most: int, width: int) -> list[Line]:
    names = min(_NAME_WIDTH, max(cells(row.name) for row in block.rows))
    shapes = min(width // 2, max(cells(row.shape) for row in block.rows))
    dtypes = max(cells(row.dtype) for row in block.rows)
    lines: list[Line] = []
    before = ""
    for row in _folded(block.rows, most):
        if isinstance(row, int):
            lines.append((Span(f"{INDENT}{ELLIPSIS} {row} more", "quiet"),))
            continue
        label = row.side if row.side != before else ""
        before = row.side
        lines.append(_table_line(row, label, (names, shapes, dtypes)))
    return lines


def _table_line(row: TableRow, label: str, widths: tuple[int, int, int]) -> Line:
    names, shapes, dtypes = widths
    shape = cut(row.shape, shapes)
    return (
        Span(f"{INDENT}{label:6}{GAP}", "quiet"),
        Span(pad(cut(row.name, names), names) + GAP, row.side),
        Span(" " * (shapes - cells(shape)) + shape + GAP, row.side),
        Span(pad(row.dtype, dtypes) + GAP),
        Span(row.remark, "quiet"),
    )


def _trace(block: Trace, most: int, width: int) -> list[Line]:
    places = min(_WHERE_WIDTH, max(cells(row.where) for row in block.rows))
    room = width - len(INDENT) - places - 2 * len(GAP)
    notes = max(cells(row.note) for row in block.rows)
    longest = max(cells(row.code) for row in block.rows)
    codes = min(longest, max(room // 2, room - notes))
    lines: list[Line] = []
    for row in _folded(block.rows, most):
        if isinstance(row, int):
            lines.append((Span(f"{INDENT}{ELLIPSIS} {row} more lines", "quiet"),))
            continue
        first, *others = _wrapped(row.note, room - codes, 2)
        code = pad(cut(row.code, codes), codes)
        lines.append((*_place(row.where, places, row), Span(code + GAP), Span(first, "quiet")))
        lines += [(Span(" " * (width - room + codes)), Span(rest, "quiet")) for rest in others]
    return lines


def _change(block: Change, limits: _Limits, width: int) -> list[Line]:
    heading = _wrapped(f"fix: {block.heading}", width - len(INDENT), 2)
    lines: list[Line] = [(Span(INDENT + row, "strong" if block.tried else "plain"),) for row in heading]
    places = min(_WHERE_WIDTH, max((cells(row.where) for row in block.rows), default=0))
    room = width - len(INDENT) - places - len(GAP) - 2
    before = ""
    for row in _folded(block.rows, limits.change):
        if isinstance(row, int):
            lines.append((Span(f"{INDENT}{ELLIPSIS} {row} more lines", "quiet"),))
            continue
        where = "" if row.where == before else row.where
        before = row.where
        lines.append(
            (
                *_place(where, places, row),
                Span(f"{row.sign} {_around(row.code, row.focus, room)}", "removed" if row.sign == "-" else "added"),
            )
        )
    lines += [(Span(f"{INDENT}or: {other}", "quiet"),) for other in block.alternatives[: limits.alternatives]]
    return lines


def _place(where: str, width: int, row: TraceRow | ChangeRow) -> Line:
    """Return where a line stands, in a column of that width; only the words are linked."""
    words = cut_left(where, width)
    rest = pad("", width - cells(words)) + GAP
    return (Span(INDENT), Span(words, "place", (row.filename, row.row) if words and row.filename else None), Span(rest))


def _hint(block: Hint) -> list[Line]:
    remark = f"{GAP}({block.remark})" if block.remark else ""
    return [(Span(INDENT), Span(block.command, "command"), Span(remark, "quiet"))]


def _around(code: str, focus: int, width: int) -> str:
    """Return `code` cut to `width` so that the column `focus` can be seen."""
    if cells(code) > width and focus > width * 2 // 3:
        code = ELLIPSIS + code[focus - width // 3 :]
    return cut(code, width)


def _wrapped(text: str, width: int, most: int) -> list[str]:
    if most <= 0:
        return []
    rows = textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    if len(rows) > most:
        rows = [*rows[: most - 1], cut(f"{rows[most - 1]} {rows[most]}", width)]
    return rows


def _folded(rows: Sequence[Item], most: int) -> list[Item | int]:
    """Return `rows`, with the number of those left out in the middle when there are more than `most`."""
    if len(rows) <= most:
        return list(rows)
    head = most // 2
    tail = most - head - 1
    return [*rows[:head], len(rows) - head - tail, *rows[len(rows) - tail :]]


def _fitted(line: Line, width: int) -> Line:
    """Return `line` cut to `width`, for text that no block could bound."""
    spans: list[Span] = []
    for span in line:
        if cells(span.text) > width:
            spans.append(span._replace(text=cut(span.text, width)))
            break
        spans.append(span)
        width -= cells(span.text)
    return tuple(spans)
