"""Annotations for GitHub workflows: one command line on the line to blame for each diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasguard.render.document import tried
from kerasguard.render.sanitise import message, one_line, paragraph
from kerasguard.vocabulary import Diagnosis, Place


def commands(diagnosis: Diagnosis | None, warnings: Sequence[Diagnosis], root: Path) -> list[str]:
    """Return the workflow commands for a run.

    Parameters
    ----------
    root
        Paths below it are told from there on; GitHub wants them from the repository's folder.
    """
    found = [] if diagnosis is None else [_annotation("error", diagnosis, root)]
    return [*found, *(_annotation("warning", warning, root) for warning in warnings)]


def relative(filename: str, root: Path) -> str | None:
    """Return the path of a file below `root` with slashes, None for a file elsewhere."""
    path = Path(filename)
    if not path.is_absolute():
        return path.as_posix()
    for folder in (root, root.resolve()):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return None


def _annotation(level: str, diagnosis: Diagnosis, root: Path) -> str:
    place = diagnosis.cause or diagnosis.crash
    properties = {} if place is None else _where(place, root)
    properties["title"] = one_line(f"{diagnosis.code} {diagnosis.name}")
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {listed}::{_data(_text(diagnosis))}"


def _where(place: Place, root: Path) -> dict[str, str]:
    found = {"file": relative(place.filename, root) or place.filename, "line": str(place.row)}
    found["endLine"] = str(max(place.row, place.end_row))
    if place.end_row == place.row:  # columns are only read on one line; here the last one is inside
        found |= {"col": str(place.column), "endColumn": str(max(place.column, place.end_column - 1))}
    return found


def _text(diagnosis: Diagnosis) -> str:
    lines = [paragraph(diagnosis.title), paragraph(diagnosis.explanation)]
    if diagnosis.fixes:
        lines.append(paragraph(f"fix: {diagnosis.fixes[0].title} ({tried(diagnosis.fixes[0])})"))
    lines.append(one_line(f"python -m kerasguard explain {diagnosis.code}"))
    return "\n".join(line for line in lines if line)


def _data(text: str) -> str:
    return message(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
