"""The lines of a trace: which ones to show between the cause and the crash, and what to say of each."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kerasguard.provenance.names import GATHERED
from kerasguard.provenance.operands import ITEM
from kerasguard.provenance.stages import LIFTS
from kerasguard.provenance.walk import Link
from kerasguard.vocabulary import Place, Shape, Step

MOST_STEPS = 6
REFUSED = "refused here"
RETURNED = "returned"
PASSED = "passed"


@dataclass
class Line:
    """One line on the way: its links from the crash back, and whether a value crosses between functions there."""

    links: list[Link]
    hands_over: bool = False
    note: str = ""

    @property
    def place(self) -> Place:
        """Return where it is."""
        return self.links[0].place

    @property
    def shape(self) -> Shape | None:
        """Return the shape that the value has after the line."""
        return next(
            (link.array for link in self.links if link.array is not None and link.axes == 0), self.links[0].array
        )


def on_way(links: Sequence[Link], place: Place) -> bool:
    """Tell whether a way passes through a line."""
    return any(_same_line(link.place, place) for link in links)


def steps_of(
    links: Sequence[Link],
    cause: Place | None,
    crash: Place | None,
    recorded: tuple[Step, ...] = (),
    made: Place | None = None,
) -> list[Step]:
    """Return the lines from the cause to the crash, each once.

    Parameters
    ----------
    links
        The way from the crash back.
    cause, crash
        The ends; both are always shown.
    recorded
        Lines that a rule knows to lie on the way, nearest to the crash.
    made
        Where the way begins instead, when the cause is a line that only handed on what was made there.
    """
    lines = _described(_lines(links))
    kept, first = _from_cause(lines, made or cause)
    middle = [(_step(line), _weight(line, cause)) for line in reversed(kept)]
    known = [step for step in recorded if first is None or not _lies_before(step.place, first.place)]
    if cause is not None and crash is not None and _same_line(cause, crash):
        middle, known = [], list(recorded)  # the way to the layer that failed is all there is to show
    for step in known:
        if not any(_same_line(step.place, other.place) for other, _ in middle):
            middle.append((step, 2))
    ends = [place for place in (crash, first.place if first is not None else None) if place is not None]
    middle = [item for item in middle if not any(_same_line(item[0].place, place) for place in ends)]
    shown = _folded(middle, MOST_STEPS - 2)
    if first is not None and (crash is None or not _same_line(first.place, crash)):
        shown.insert(0, first)
    if crash is not None:
        at_crash = first is not None and _same_line(first.place, crash)
        shown.append(replace(first, note=REFUSED) if first is not None and at_crash else Step(crash, REFUSED))
    return shown


def _step(line: Line) -> Step:
    return Step(line.place, line.note, line.shape)


def _weight(line: Line, cause: Place | None) -> int:
    if cause is not None and _same_line(line.place, cause):
        return 3
    return 2 if line.hands_over else int(bool(line.note))


def _folded(steps: list[tuple[Step, int]], room: int) -> list[Step]:
    """Keep the weightiest steps, of equal ones those nearest to the cause."""
    order = sorted(range(len(steps)), key=lambda index: (-steps[index][1], index))
    return [steps[index][0] for index in sorted(order[:room])]


def _lines(links: Sequence[Link]) -> list[Line]:
    """Gather the links line by line, from the crash back; the first visit of a line counts."""
    lines: list[Line] = []
    for index, link in enumerate(links):
        line = next((one for one in lines if _same_line(one.place, link.place)), None)
        if line is None:
            line = Line([link])
            lines.append(line)
        elif line is lines[-1]:
            line.links.append(link)
        after = links[index + 1] if index + 1 < len(links) else None
        crosses = after is not None and after.note in (RETURNED, ITEM)
        line.hands_over = line.hands_over or crosses or link.note in (RETURNED, ITEM)
    return lines


def _described(lines: list[Line]) -> list[Line]:
    for index, line in enumerate(lines):
        before = lines[index + 1] if index + 1 < len(lines) else None
        line.note = _note(line, before, lines[index - 1] if index else None)
    return lines


def _note(line: Line, before: Line | None, after: Line | None) -> str:
    """Return a few words for a line; `before` is the line nearer to the cause."""
    first = line.links[0]
    function = first.place.function
    change = _gathered(line, before) or _batched(line)
    change = change or changed(before.shape if before is not None else _operand_shape(line), line.shape)
    if first.note in (RETURNED, ITEM):
        said = f"one item of {function}()" if first.note == ITEM else f"{RETURNED} by {function}()"
        return f"{said}: {change}" if change else said
    if change:
        return change
    if before is not None and before.links[0].note in (RETURNED, ITEM) and before.place.function != function:
        return f"given back by {before.place.function}()"
    if first.note == PASSED and after is not None:
        return f"passed to {after.place.function}()"
    return "made here" if before is None else ""


def _gathered(line: Line, before: Line | None) -> str:
    if line.links[0].note == GATHERED:
        return "one of these is put into a list"
    if any(link.note == GATHERED for link in line.links):
        return "put together with others here"
    return "the list becomes one array" if before is not None and before.links[0].note == GATHERED else ""


def _batched(line: Line) -> str:
    calls = (link.node for link in line.links if isinstance(link.node, ast.Call))
    names = (call.func.attr for call in calls if isinstance(call.func, ast.Attribute))
    lifts = [LIFTS[name] for name in names if name in LIFTS]
    return "" if not lifts else "batched here" if lifts[0] > 0 else "unbatched here"


def _operand_shape(line: Line) -> Shape | None:
    return next((link.array for link in reversed(line.links[1:]) if link.array is not None), None)


def changed(before: Shape | None, after: Shape | None) -> str:
    """Return how a shape became another one, in words; empty where it did not, or where that is not known."""
    if not before or after is None or _fits(before, after):
        return ""
    if len(after) != len(before):
        return _other_rank(before, after)
    if None not in before and sorted(before, key=repr) == sorted(after, key=repr):
        return "the axes change places here"
    differing = [axis for axis, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    if differing == [len(after) - 1] and len(after) > 1:
        return f"the last axis goes from {before[-1]} to {after[-1]} here"
    if differing == [0]:
        return f"{before[0]} rows become {after[0]} here"
    return "the shape changes here"


def _other_rank(before: Shape, after: Shape) -> str:
    told = f"the rank goes from {len(before)} to {len(after)} here"
    for alike in (tuple.__eq__, _fits):
        if len(after) == len(before) + 1:
            told = "an axis is added at the end here" if alike(before, after[:-1]) else told
            told = "an axis is added in front here" if alike(before, after[1:]) else told
        if len(after) == len(before) - 1:
            told = "the last axis is dropped here" if alike(before[:-1], after) else told
            told = "the first axis is dropped here" if alike(before[1:], after) else told
        if "axis" in told:
            break
    return told


def _fits(one: Shape, other: Shape) -> bool:
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def _from_cause(lines: list[Line], cause: Place | None) -> tuple[list[Line], Step | None]:
    """Cut what lies before the cause off the lines (nearest to the crash first), and return the cause's own line."""
    if cause is None:
        return lines, None
    for index, line in enumerate(lines):
        if _same_line(line.place, cause):
            return lines[:index], Step(cause, line.note or "made here", line.shape)
    kept: list[Line] = []
    entered = {(cause.filename, cause.function)}
    for line in lines:
        here = (line.place.filename, line.place.function)
        if line.links[0].note in (RETURNED, ITEM):
            entered.add(here)  # a helper that a later line called
        if _lies_before(line.place, cause) or (kept and here not in entered):
            break
        kept.append(line)
    return kept, Step(cause, "the cause")


def _lies_before(place: Place, cause: Place) -> bool:
    return place.filename == cause.filename and place.function == cause.function and place.row < cause.row


def _same_line(one: Place, other: Place) -> bool:
    return one.filename == other.filename and one.row == other.row
