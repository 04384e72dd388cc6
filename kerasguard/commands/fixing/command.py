"""The command ``kerasguard fix``: what was wished for, the loop, what is printed and what is written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kerasguard.commands.fixing import rerun
from kerasguard.commands.fixing.patching import CannotPatch, FilesChanged, write_all
from kerasguard.commands.fixing.project import Project
from kerasguard.commands.fixing.rerun import Launcher
from kerasguard.commands.fixing.rounds import Mender, Result, Round

FAILED = 1
USAGE_ERROR = 2


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for.

    Attributes
    ----------
    script, arguments
        The program and its arguments.
    write
        Change the files of the program, when the result runs.
    output
        Save the mended script there.
    unsafe
        Allow fixes that may change what the program means.
    rounds
        How many edited copies may be run.
    seconds
        How long a program has to go on to count as running; None waits for its end.
    as_json
        Print one JSON object.
    """

    script: str
    arguments: tuple[str, ...] = ()
    write: bool = False
    output: Path | None = None
    unsafe: bool = False
    rounds: int = 6
    seconds: float | None = None
    as_json: bool = False


def fix(wishes: Wishes, launch: Launcher = rerun.in_process) -> int:
    """Mend a script; return 0 when the result runs, 1 when not, 2 when there is nothing that could be run."""
    from kerasguard.commands.fixing import report as page

    complaint = _complaint(wishes)
    if complaint is not None:
        page.complain(complaint)
        return USAGE_ERROR
    page.show(page.notice(wishes.script, wishes.arguments, wishes.rounds), sys.stderr if wishes.as_json else sys.stdout)
    mender = Mender(
        Project(Path(wishes.script)),
        rerun.runner(wishes.script, wishes.arguments, launch),
        rounds=wishes.rounds,
        unsafe=wishes.unsafe,
        seconds=wishes.seconds,
        tell=_silence if wishes.as_json else lambda done: page.show([page.round_line(done)], sys.stdout),
    )
    written: list[Path] = []
    fault = ""
    result: Result | None = None
    try:
        result = mender.mend()
        _write(wishes, result, mender.project, written.append)
    except (FilesChanged, CannotPatch, OSError) as error:
        fault = str(error)
    if wishes.as_json:
        page.print_json(wishes.script, result, written, fault)
    else:
        page.show_result(wishes.script, result, written, fault, asked=wishes.write)
    return 0 if result is not None and result.run.runs and not fault else FAILED


def _silence(_: Round) -> None:
    """Say nothing of a round: the JSON object does."""


def _complaint(wishes: Wishes) -> str | None:
    try:
        with Path(wishes.script).open("rb"):
            pass
    except OSError as error:
        return f"can't open file {wishes.script!r}: [Errno {error.errno}] {error.strerror}"
    if wishes.output is not None and not wishes.output.absolute().parent.is_dir():
        return f"no folder {str(wishes.output.absolute().parent)!r} for the mended script"
    if wishes.output is not None and wishes.output.is_dir():
        return f"{str(wishes.output)!r} is a folder"
    return None


def _write(wishes: Wishes, result: Result, project: Project, wrote: Callable[[Path], None]) -> None:
    """Write what was asked for, and nothing else."""
    changes: dict[Path, tuple[bytes | None, bytes]] = {}
    if wishes.write and result.run.runs:
        changes |= result.changed
    script = str(project.script)
    if wishes.output is not None and (result.run.runs or result.changed):
        path = wishes.output.resolve()
        own = result.before.get(str(path))  # the output may be a file of the program itself
        changes[path] = (own, result.after[script])
    write_all(changes)
    for path in changes:
        wrote(path)
