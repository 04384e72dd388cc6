"""The JSON report: what other programs read; its fields are a contract."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasguard import releases
from kerasguard._version import __version__
from kerasguard.render.sanitise import without_surrogates
from kerasguard.vocabulary import Diagnosis, Edit, Expectation, Fix, Offender, Place, Shape, Step

SCHEMA = 1
LONGEST_MESSAGE = 2_000


def report(diagnosis: Diagnosis | None, warnings: Sequence[Diagnosis] = ()) -> dict[str, Any]:
    """Return the report of a run: `diagnosis` of its failure, if any, and the mistakes that raised nothing."""
    known = [found.environment for found in (diagnosis, *warnings) if found is not None and found.environment]
    return {
        "schema": SCHEMA,
        "kerasguard": __version__,
        "environment": with_note(environment() | (known[0] if known else {})),
        "warnings": [_diagnosis(warning, raised=False) for warning in warnings],
        "diagnosis": None if diagnosis is None else _diagnosis(diagnosis, raised=True),
    }


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a report so that a reader finds the whole of it or nothing.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8 so that a reader finds the whole of it or nothing.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(without_surrogates(text))
        Path(scratch).chmod(0o666 & ~_umask())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def with_note(found: dict[str, str | None]) -> dict[str, str | None]:
    """Say in an environment when its Keras is newer than those that were tested."""
    note = releases.note_on(found["flavour"], found["keras"])
    return found if note is None else found | {"note": note}


def environment() -> dict[str, str | None]:
    """Return the versions in use, of packages that the program has imported; nothing is imported for it."""
    tensorflow = sys.modules.get("tensorflow")
    legacy = os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in {"1", "true"}
    flavour = "tf_keras" if "tf_keras" in sys.modules and (legacy or "keras" not in sys.modules) else "keras3"
    keras = sys.modules.get("tf_keras" if flavour == "tf_keras" else "keras")
    backend = getattr(getattr(keras, "config", None), "backend", None)
    return {
        "python": platform.python_version(),
        "tensorflow": _version_of(tensorflow),
        "keras": _version_of(keras),
        "flavour": flavour if keras is not None else None,
        "backend": _backend(backend) if keras is not None else None,
    }


def _version_of(module: object) -> str | None:
    version = getattr(module, "__version__", None)
    return version if isinstance(version, str) else None


def _backend(backend: Any) -> str:
    return str(backend()) if callable(backend) else "tensorflow"


def _diagnosis(found: Diagnosis, *, raised: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        "code": found.code,
        "name": found.name,
        "title": found.title,
        "explanation": found.explanation,
    }
    if raised:
        facts = found.exception
        content["exception"] = (
            None if facts is None else {"type": facts.type, "message": facts.message[:LONGEST_MESSAGE]}
        )
        content["crash"] = _place(found.crash)
    return content | {
        "cause": _place(found.cause),
        "trace": [_step(step) for step in found.trace],
        "offenders": [_offender(offender) for offender in found.offenders],
        "expected": [_expectation(expectation) for expectation in found.expected],
        "fixes": [fix_content(fix) for fix in found.fixes],
        "also": list(found.also),
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else place.to_dict()


def _step(step: Step) -> dict[str, Any]:
    content = step.place.to_dict() | {"note": step.note}
    return content if step.shape is None else content | {"shape": _shape(step.shape)}


def _offender(offender: Offender) -> dict[str, Any]:
    return {
        "name": offender.name,
        "kind": offender.kind,
        "shape": _shape(offender.shape),
        "dtype": offender.dtype,
        "path": offender.path,
    }


def _expectation(expectation: Expectation) -> dict[str, Any]:
    return {
        "name": expectation.name,
        "shape": _shape(expectation.shape),
        "dtype": expectation.dtype,
        "why": expectation.why,
    }


def _shape(shape: Shape | None) -> list[int | None] | None:
    return None if shape is None else [None if axis is None else int(axis) for axis in shape]


def fix_content(fix: Fix) -> dict[str, Any]:
    """Return a fix under the names of the JSON report."""
    return {
        "title": fix.title,
        "status": fix.status,
        "evidence": fix.evidence,
        "applicability": fix.applicability,
        "edits": [_edit(edit) for edit in fix.edits],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "filename": edit.filename,
        "location": {"row": edit.start[0], "column": edit.start[1]},
        "end_location": {"row": edit.end[0], "column": edit.end[1]},
        "content": edit.content,
    }


def _umask() -> int:
    """Return the process' file mode mask (reading it means setting it for a moment)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
