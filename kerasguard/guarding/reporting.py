"""Write the JSON report of a guarded run: at a failure that nobody caught, and at the end of the program."""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kerasguard.faults import contained, tell
from kerasguard.guarding import checks

if TYPE_CHECKING:
    from kerasguard.vocabulary import Diagnosis


class _Run:
    """The run of this process: where its report goes, and the latest failure that was not caught."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.failure: Diagnosis | None = None
        self.process = 0


_run = _Run()


def begin(path: Path | None) -> None:
    """Let the report of this run go to `path`; it is written at the end of the program at the latest."""
    if path is None or (_run.path == path and _run.process == os.getpid()):
        return
    _run.path, _run.process = path, os.getpid()
    atexit.register(_end_of_program)


def failed(diagnosis: Diagnosis | None) -> None:
    """Note a failure that left the guarded part of the program, and write it down at once."""
    if diagnosis is None or diagnosis == _run.failure or _run.path is None:
        return  # without a report there is no run to remember it for
    _run.failure = diagnosis
    finish()


def finish() -> None:
    """Write the report of the run as it stands; a folder that is missing costs one line."""
    if _run.path is None or _run.process != os.getpid():
        return  # a child that was forked: the run is its parent's
    from kerasguard.render import report

    with contained("writing the report"):
        try:
            report.write(_run.path, report.report(_run.failure, checks.seen()))
        except OSError as failure:
            tell(f"kerasguard: cannot write the report: {failure}")


def end() -> None:
    """Write the report of a run that is over, and forget the run."""
    finish()
    atexit.unregister(_end_of_program)
    _run.path = _run.failure = None


def _end_of_program() -> None:
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        return  # it runs a part of its parent's work, and would write over its report
    end()
