"""A run as a SARIF 2.1.0 log: what code scanning and editors read, with the trace as code flow and the fixes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kerasguard import catalogue
from kerasguard._version import __version__
from kerasguard.render.document import note_of, steps_of, tried
from kerasguard.render.github import relative
from kerasguard.render.sanitise import paragraph
from kerasguard.vocabulary import Diagnosis, Edit, Fix, Place, Step

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"


def log(diagnosis: Diagnosis | None, warnings: Sequence[Diagnosis], root: Path) -> dict[str, Any]:
    """Return the log of a run.

    Parameters
    ----------
    root
        Paths below it are told from there on, so that the log means the same on another machine.
    """
    found = [*([] if diagnosis is None else [(diagnosis, "error")]), *((warning, "warning") for warning in warnings)]
    codes = sorted({one.code for one, _ in found})
    driver = {"name": "kerasguard", "semanticVersion": __version__, "version": __version__, "rules": _rules(codes)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, level, codes, root) for one, level in found],
            }
        ],
    }


def _rules(codes: Sequence[str]) -> list[dict[str, Any]]:
    pages = {page.code: page for page in catalogue.pages()}
    found = []
    for code in codes:
        rule: dict[str, Any] = {"id": code}
        if code in pages:
            page = pages[code]
            rule |= {
                "name": page.name,
                "shortDescription": {"text": page.title},
                "help": {"text": page.text, "markdown": page.text},
            }
        found.append(rule)
    return found


def _result(diagnosis: Diagnosis, level: str, codes: Sequence[str], root: Path) -> dict[str, Any]:
    place = diagnosis.cause or diagnosis.crash
    text = " ".join(filter(None, (paragraph(diagnosis.title), paragraph(diagnosis.explanation))))
    result: dict[str, Any] = {
        "ruleId": diagnosis.code,
        "ruleIndex": codes.index(diagnosis.code),
        "level": level,
        "message": {"text": text},
        "locations": [] if place is None else [{"physicalLocation": _location(place, root)}],
    }
    steps = steps_of(diagnosis)
    if steps:
        flow = {"threadFlows": [{"locations": [{"location": _step(step, root)} for step in steps]}]}
        result["codeFlows"] = [flow]
    fixes = [_fix(fix, root) for fix in diagnosis.fixes if fix.edits]
    return result | ({"fixes": fixes} if fixes else {})


def _step(step: Step, root: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"physicalLocation": _location(step.place, root)}
    note = note_of(step)
    return found | ({"message": {"text": note}} if note else {})


def _location(place: Place, root: Path) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": place.row,
        "startColumn": place.column,
        "endLine": max(place.row, place.end_row),
        "endColumn": place.end_column,
    }
    if place.code:
        region["snippet"] = {"text": place.code}
    return {"artifactLocation": _artifact(place.filename, root), "region": region}


def _artifact(filename: str, root: Path) -> dict[str, Any]:
    below = relative(filename, root)
    if below is not None:
        return {"uri": quote(below, errors="replace"), "uriBaseId": ROOT}
    return {"uri": f"file://{quote(Path(filename).as_posix(), errors='replace')}"}


def _fix(fix: Fix, root: Path) -> dict[str, Any]:
    files = dict.fromkeys(edit.filename for edit in fix.edits)
    changes = [
        {
            "artifactLocation": _artifact(filename, root),
            "replacements": [_replacement(edit) for edit in fix.edits if edit.filename == filename],
        }
        for filename in files
    ]
    return {
        "description": {"text": paragraph(f"{fix.title} ({tried(fix)})")},
        "artifactChanges": changes,
        "properties": {"status": fix.status, "applicability": fix.applicability},
    }


def _replacement(edit: Edit) -> dict[str, Any]:
    (row, column), (end_row, end_column) = edit.start, edit.end
    region = {"startLine": row, "startColumn": column, "endLine": end_row, "endColumn": end_column}
    return {"deletedRegion": region} | ({"insertedContent": {"text": edit.content}} if edit.content else {})
