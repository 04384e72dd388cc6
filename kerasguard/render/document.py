"""Build the one document that says what a Diagnosis says; every output is a layout of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kerasguard.render.changes import changed_lines
from kerasguard.render.sanitise import one_line, paragraph
from kerasguard.vocabulary import Diagnosis, Edit, Fix, Place, Shape, Step

MOST_ALTERNATIVES = 2
MOST_GIVEN = 4
# Named in the report for those who search it; in the text they stand in the trace or among what was wanted.
NAMED_ONLY = frozenset({"input", "key", "variable"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is wrong: the code with its name, and one sentence."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One thing that was wanted, or given."""

    side: Literal["wanted", "given"]
    name: str
    shape: str
    dtype: str
    remark: str


@dataclass(frozen=True, slots=True)
class Table:
    """What was wanted beside what was given."""

    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A source line with what happens there."""

    where: str
    code: str
    note: str
    filename: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """The way from the cause to the crash."""

    rows: tuple[TraceRow, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A source line that goes or comes; up to the column `focus` nothing changes in it."""

    where: str
    sign: Literal["-", "+"]
    code: str
    focus: int
    filename: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A fix: how far it was tried, and the lines it changes."""

    heading: str
    tried: bool
    rows: tuple[ChangeRow, ...]
    alternatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """Where to read more."""

    command: str
    remark: str


Block = Sentence | Paragraph | Table | Trace | Change | Hint


@dataclass(frozen=True, slots=True)
class Document:
    """The blocks in reading order, safe to show."""

    blocks: tuple[Block, ...]


def build(diagnosis: Diagnosis) -> Document:
    """Return the document of `diagnosis`; empty blocks are left out."""
    blocks: list[Block] = [
        Sentence(one_line(f"{diagnosis.code} {diagnosis.name}:"), paragraph(diagnosis.title)),
        Table(tuple(_table_rows(diagnosis))),
        Paragraph(paragraph(diagnosis.explanation)),
        Paragraph(paragraph(distributed(diagnosis))),
        Trace(tuple(_trace_rows(diagnosis))),
    ]
    if diagnosis.fixes:
        blocks.append(_change(diagnosis.fixes))
    blocks.append(
        Hint(
            one_line(f"python -m kerasguard explain {diagnosis.code}"),
            one_line(f"see also {', '.join(diagnosis.also)}") if diagnosis.also else "",
        )
    )
    return Document(tuple(block for block in blocks if not _empty(block)))


def distributed(diagnosis: Diagnosis) -> str:
    """Return in which part of a distributed run it happened, nothing for a plain run."""
    known = diagnosis.environment
    strategy = known.get("strategy")
    if not strategy:
        return ""
    parts = [f"{part} {known[part]}" for part in ("worker", "replica") if known.get(part)]
    if not parts:
        replicas = known.get("replicas")
        return f"It happened under {strategy} ({replicas} replica{'s' if replicas != '1' else ''})."
    return f"It happened in {', '.join(parts)} of {strategy} (counted from 0)."


def shape_text(shape: Shape | None) -> str:
    """Return a shape as Python writes the tuple, or nothing for an unknown one."""
    if shape is None:
        return ""
    return str(tuple(None if axis is None else int(axis) for axis in shape))


_namer: Callable[[str], str | None] = lambda _: None  # noqa: E731 - a default


def name_files(namer: Callable[[str], str | None] | None) -> None:
    """Show file names as `namer` says, where it returns a name: the cells of a notebook are no files."""
    global _namer
    _namer = namer or (lambda _: None)


def shown_path(filename: str) -> str:
    """Return the name of a notebook's cell, or `filename` relative to the working directory when it lies below it."""
    try:
        named = _namer(filename)
        if named is not None:
            return named
        path = Path(filename)
        if path.is_absolute() and path.is_relative_to(Path.cwd()):
            return str(path.relative_to(Path.cwd()))
    except OSError:  # the working directory is gone
        return filename
    return filename


def _empty(block: Block) -> bool:
    if isinstance(block, Table | Trace):
        return not block.rows
    return isinstance(block, Paragraph) and not block.text


def _table_rows(diagnosis: Diagnosis) -> list[TableRow]:
    rows = [
        TableRow(
            "wanted",
            one_line(wanted.name),
            shape_text(wanted.shape),
            one_line(wanted.dtype or ""),
            paragraph(wanted.why),
        )
        for wanted in diagnosis.expected
    ]
    for given in [one for one in diagnosis.offenders if one.kind not in NAMED_ONLY][:MOST_GIVEN]:
        # Without a shape its kind is the best that can be said of a thing.
        shape = shape_text(given.shape) or one_line(given.kind)
        remark = one_line(given.path) if given.path and given.path != given.name else ""
        rows.append(TableRow("given", one_line(given.name), shape, one_line(given.dtype or ""), remark))
    return rows


def steps_of(diagnosis: Diagnosis) -> tuple[Step, ...]:
    """Return the trace; cause and crash alone where there is none."""
    if diagnosis.trace:
        return diagnosis.trace
    ends = ((diagnosis.cause, "the cause"), (diagnosis.crash, "refused here"))
    distinct = ends[1:] if diagnosis.cause == diagnosis.crash else ends
    return tuple(Step(place, note) for place, note in distinct if place is not None)


def _trace_rows(diagnosis: Diagnosis) -> list[TraceRow]:
    return [
        TraceRow(_where(step.place), _first_line(step.place), note_of(step), step.place.filename, step.place.row)
        for step in steps_of(diagnosis)
    ]


def _where(place: Place) -> str:
    return one_line(f"{shown_path(place.filename)}:{place.row}")


def _first_line(place: Place) -> str:
    lines = place.code.strip().splitlines() or [""]
    more = " ..." if len(lines) > 1 else ""
    return one_line(lines[0].rstrip() + more)


def note_of(step: Step) -> str:
    """Return what happens at a step, with the shape there."""
    note, shape = paragraph(step.note), shape_text(step.shape)
    if not shape or shape in note:
        return note
    return f"{note}: {shape}" if note else shape


def _change(fixes: Sequence[Fix]) -> Change:
    first, *others = fixes
    rows = [
        ChangeRow(
            one_line(f"{shown_path(line.filename)}:{line.row}"),
            line.sign,
            one_line(line.code),
            line.focus,
            line.filename,
            line.row,
        )
        for line in changed_lines(first.edits)
    ]
    return Change(
        paragraph(f"{first.title} ({tried(first)}):" if first.edits else f"{first.title} ({tried(first)})"),
        first.status == "verified",
        tuple(rows or _bare_edits(first.edits)),
        tuple(paragraph(f"{fix.title} ({tried(fix)})") for fix in others[:MOST_ALTERNATIVES]),
    )


def tried(fix: Fix) -> str:
    """Return how far a fix was tried."""
    if fix.status != "verified":
        return "not tried"
    return f"tried on your objects: {fix.evidence}" if fix.evidence else "tried on your objects"


def _bare_edits(edits: Sequence[Edit]) -> list[ChangeRow]:
    """Return the new text alone, for source that is not at hand."""
    return [
        ChangeRow(one_line(f"{shown_path(edit.filename)}:{edit.start[0]}"), "+", one_line(line.strip()), 0)
        for edit in edits
        for line in edit.content.splitlines()
        if line.strip()
    ]
