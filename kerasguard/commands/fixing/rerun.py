"""Run the script, or an edited copy of it, under guard in a child process, and read what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kerasguard.commands.fixing import overlay
from kerasguard.vocabulary import Edit, Fix

_TAIL = 4_000  # bytes of the output in which the last line is looked for


@dataclass(frozen=True, slots=True)
class Problem:
    """What a report says about one mistake: ``cause`` is a place as in the report, or None."""

    code: str
    name: str
    title: str
    cause: Mapping[str, Any] | None
    fixes: tuple[Fix, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """How a program went.

    Attributes
    ----------
    end
        "ended" as it should, still "running" when its time was up, or "failed".
    error
        What it failed with, in one line.
    problem
        The diagnosis of the error, where there is one.
    warnings
        Mistakes that raised nothing.
    stack
        The user's lines that the error went through, outermost first: file and row.
    seconds
        How long it took.
    """

    end: Literal["ended", "running", "failed"]
    error: str = ""
    problem: Problem | None = None
    warnings: tuple[Problem, ...] = ()
    stack: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0

    @property
    def runs(self) -> bool:
        """Whether the program runs: to its end, or for as long as was asked for."""
        return self.end != "failed"


Texts = Mapping[str, bytes]
# Runs the program with these files in the place of those on the disk, for at most that many seconds.
Runner = Callable[[Texts, float | None], Run]
# Starts `kerasguard` with arguments, its output in a file; returns the exit status, None when the time was up.
Launcher = Callable[[Sequence[str], Path, float | None], int | None]


def runner(script: str, arguments: Sequence[str], launch: Launcher) -> Runner:
    """Return what runs `script` under guard, each time from the start."""

    def run(texts: Texts, seconds: float | None) -> Run:
        with tempfile.TemporaryDirectory(prefix="kerasguard-") as name:
            folder = Path(name).resolve()
            plan, report, outcome, output = (folder / part for part in ("plan", "report", "outcome", "output"))
            overlay.write(plan, texts, outcome)
            started = time.monotonic()
            status = launch(
                ["run", "--report", str(report), "--overlay", str(plan), script, *arguments], output, seconds
            )
            return _read(report, outcome, output, status, time.monotonic() - started)

    return run


def in_process(arguments: Sequence[str], output: Path, seconds: float | None) -> int | None:
    """Start a new interpreter: the program gets no input, and nothing it starts outlives its time."""
    with output.open("wb") as stream:
        child = subprocess.Popen(  # noqa: S603 - the user's own script
            [sys.executable, "-m", "kerasguard", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
        )
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
        child.wait()


def _read(report: Path, outcome: Path, output: Path, status: int | None, seconds: float) -> Run:
    """Return what a child left behind: both files are missing when it was ended, or died."""
    found = _load(report)
    end = _load(outcome)
    warnings = tuple(_problem(entry) for entry in found.get("warnings", ()))
    if status is None and not end.get("error"):
        return Run("running", warnings=warnings, seconds=seconds)
    if status == 0:
        return Run("ended", warnings=warnings, seconds=seconds)
    diagnosis = found.get("diagnosis")
    return Run(
        "failed",
        _first_line(end.get("error") or "") or _last_words(output, status),
        None if diagnosis is None else _problem(diagnosis),
        warnings,
        tuple((str(filename), int(row)) for filename, row in end.get("stack", ())),
        seconds,
    )


def _load(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _last_words(output: Path, status: int | None) -> str:
    """Return how a program ended that no exception ended: by its own exit status, or by a signal."""
    if status is not None and status < 0:
        with contextlib.suppress(ValueError):
            return f"it died of {signal.Signals(-status).name}"
    text = output.read_bytes()[-_TAIL:].decode("utf-8", "replace").strip() if output.exists() else ""
    last = text.rpartition("\n")[2].strip()
    return f"it ended with exit status {status}" + (f": {last}" if last else "")


def _problem(entry: Mapping[str, Any]) -> Problem:
    fixes = tuple(_fix(fix) for fix in entry["fixes"])
    return Problem(entry["code"], entry["name"], entry["title"], entry["cause"], fixes)


def _fix(entry: Mapping[str, Any]) -> Fix:
    edits = tuple(
        Edit(
            edit["filename"],
            (edit["location"]["row"], edit["location"]["column"]),
            (edit["end_location"]["row"], edit["end_location"]["column"]),
            edit["content"],
        )
        for edit in entry["edits"]
    )
    return Fix(entry["title"], edits, entry["status"], entry["evidence"], entry["applicability"])
