"""Turn a fix's edits into the lines of the user's source that change."""

from __future__ import annotations

import difflib
import linecache
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kerasguard.vocabulary import Edit


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line that goes or comes; `row` is where it stands (or is inserted) in the source as it is now."""

    filename: str
    row: int
    sign: Literal["-", "+"]
    code: str
    focus: int = 0


def apply_edits(lines: Sequence[str], edits: Sequence[Edit]) -> str | None:
    """Return the text of `lines` (with their line ends) after `edits`; None when the edits do not fit."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    text = "".join(lines)
    stretches: list[tuple[int, int, str]] = []
    for edit in edits:
        if not (1 <= edit.start[0] <= len(starts) and 1 <= edit.end[0] <= len(starts)):
            return None
        first = starts[edit.start[0] - 1] + edit.start[1] - 1
        last = starts[edit.end[0] - 1] + edit.end[1] - 1
        if not 0 <= first <= last <= len(text):
            return None
        stretches.append((first, last, edit.content))
    limit = len(text)
    # From the end backwards, so that positions stay true.
    for first, last, content in sorted(stretches, key=lambda stretch: stretch[:2], reverse=True):
        if last > limit:
            return None
        text = text[:first] + content + text[last:]
        limit = first
    return text


def changed_lines(edits: Sequence[Edit]) -> list[ChangedLine]:
    """Return what `edits` change, file by file and from the top down; empty when the source is not at hand."""
    found: list[ChangedLine] = []
    for filename in dict.fromkeys(edit.filename for edit in edits):
        lines = _source(filename)
        if lines:
            lines = [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else lines[-1] + "\n"]
            for cluster in _clusters([edit for edit in edits if edit.filename == filename]):
                found += _changed_in(filename, lines, cluster)
    return found


def _source(filename: str) -> list[str]:
    try:
        return linecache.getlines(filename)
    except ValueError:  # no file can have such a name
        return []


def _clusters(edits: list[Edit]) -> Iterator[list[Edit]]:
    """Group edits whose rows touch: each group is shown as one change."""
    group: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if group and edit.start[0] > max(other.end[0] for other in group) + 1:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _changed_in(filename: str, lines: list[str], edits: list[Edit]) -> list[ChangedLine]:
    first = min(edit.start[0] for edit in edits)
    last = max(edit.end[0] for edit in edits)
    before = lines[first - 1 : last]
    moved = [
        Edit(
            edit.filename,
            (edit.start[0] - first + 1, edit.start[1]),
            (edit.end[0] - first + 1, edit.end[1]),
            edit.content,
        )
        for edit in edits
    ]
    text = apply_edits(before, moved)
    if text is None:
        return []
    old, new = _dedented(before, text.splitlines(keepends=True))
    changes: list[ChangedLine] = []
    for tag, old_start, old_end, new_start, new_end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        row = first + old_start
        focus = _first_difference(old[old_start:old_end], new[new_start:new_end])
        changes += [ChangedLine(filename, row + i, "-", code, focus) for i, code in enumerate(old[old_start:old_end])]
        changes += [ChangedLine(filename, row, "+", code, focus) for code in new[new_start:new_end]]
    return changes


def _dedented(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """Take the indentation away that all lines share."""
    ends = "".join(f"{line.rstrip()}\n" for line in [*before, *after])
    lines = textwrap.dedent(ends).split("\n")
    return lines[: len(before)], lines[len(before) : len(before) + len(after)]


def _first_difference(old: list[str], new: list[str]) -> int:
    """Return the column up to which the only old line and the only new one agree."""
    if len(old) != 1 or len(new) != 1:
        return 0
    pairs = zip(old[0], new[0], strict=False)
    return next((column for column, (left, right) in enumerate(pairs) if left != right), min(len(old[0]), len(new[0])))
