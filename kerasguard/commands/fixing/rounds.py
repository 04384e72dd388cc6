"""The loop of ``kerasguard fix``: apply the best fix to a copy, run it, keep it or roll it back, go on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from kerasguard.commands.fixing.patching import CannotPatch, FilesChanged, original_row, patched
from kerasguard.commands.fixing.project import Project
from kerasguard.commands.fixing.rerun import Problem, Run, Runner
from kerasguard.vocabulary import Edit, Fix

Verdict = Literal["runs", "past", "another", "rolled back"]
Where = Literal["later", "same", "earlier"]


@dataclass(frozen=True, slots=True)
class Round:
    """One fix, tried by running the edited copy.

    Attributes
    ----------
    number
        Counts from 1.
    base
        The round whose copy this one edits further; 0 is the program as it was.
    problem, row
        The mistake, and the row of its cause in the file as it was.
    fix
        What was applied.
    run
        How the edited copy went.
    verdict
        It "runs"; it gets "past" the error and fails later, or of "another" error at the same place; or the fix did not
        help and was "rolled back".
    """

    number: int
    base: int
    problem: Problem
    row: int
    fix: Fix
    run: Run
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Left:
    """A fix that was not tried, and why."""

    problem: Problem
    fix: Fix
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it: the files as they were and as they are to be, and how the program goes with the latter."""

    script: Path
    run: Run
    before: dict[str, bytes]
    after: dict[str, bytes]
    rounds: tuple[Round, ...]
    kept: tuple[int, ...]
    left: tuple[Left, ...]
    exhausted: bool

    @property
    def changed(self) -> dict[Path, tuple[bytes, bytes]]:
        """The files that the kept fixes change, with both contents."""
        return {Path(name): (self.before[name], text) for name, text in self.after.items() if text != self.before[name]}


@dataclass(frozen=True)
class _State:
    """An edited copy of the program, how it goes, and the rounds that led to it."""

    texts: dict[str, bytes]
    run: Run
    kept: tuple[int, ...] = ()


@dataclass
class Mender:
    """Searches fixes that make a program run, the best first; a fix that leads nowhere is taken back.

    Parameters
    ----------
    project
        The script, and what may be edited.
    run
        Runs the program with edited files.
    rounds
        How many edited copies may be run.
    unsafe
        Whether fixes that may change what the program means are allowed.
    seconds
        A program that goes on for this long (after the last error's time) counts as running.
    tell
        Is called with each round as it ends.
    """

    project: Project
    run: Runner
    rounds: int = 6
    unsafe: bool = False
    seconds: float | None = None
    tell: Callable[[Round], None] = lambda _: None
    _before: dict[str, bytes] = field(default_factory=dict)
    _done: list[Round] = field(default_factory=list)
    _left: list[Left] = field(default_factory=list)
    _seen: list[dict[str, bytes]] = field(default_factory=list)
    _started: int = 0
    _exhausted: bool = False

    def mend(self) -> Result:
        """Run the program, and mend it until it runs, no fix is left, or the rounds are used up.

        Raises
        ------
        FilesChanged
            When a file was changed while the program ran.
        OSError
            When the script cannot be read.
        """
        script = str(self.project.script)
        self._before = {script: self.project.script.read_bytes()}
        self._started = time.time_ns()
        first = _State(dict(self._before), self.run(self._before, self.seconds))
        self._seen.append(first.texts)
        found = self._mend(first)
        if found.run.runs:
            found = self._heed(found)
        return Result(
            self.project.script,
            found.run,
            self._before,
            found.texts,
            tuple(self._done),
            found.kept,
            tuple(self._left),
            self._exhausted,
        )

    def _mend(self, state: _State) -> _State:
        """Return the first state from here on that runs, else the one with most of the errors mended."""
        if state.run.runs or state.run.problem is None:
            return state
        best, waiting = state, []
        for fix, texts in self._edited(state, state.run.problem):
            step = self._try(state, state.run.problem, fix, texts)
            if step is None:
                break
            verdict, after = step
            if verdict == "another" and fix.status != "verified":
                waiting.append(after)  # perhaps one mistake in another guise: a fix that ends it is better
            elif verdict != "rolled back":
                after = self._mend(after)
                best = after if after.run.runs or len(after.kept) > len(best.kept) else best
                if after.run.runs or (fix.status == "verified" and after.run.problem is None):
                    return best
        for after in waiting:
            further = self._mend(after)
            if further.run.runs:
                return further
        return best

    def _heed(self, state: _State) -> _State:
        """Mend what the program was only warned of; it runs already, and has to go on running."""
        for warning in state.run.warnings:
            for fix, texts in self._edited(state, warning):
                step = self._try(state, warning, fix, texts)
                if step is None:
                    return state
                verdict, after = step
                if verdict == "runs":
                    return self._heed(after)
        return state

    def _edited(self, state: _State, problem: Problem) -> Iterator[tuple[Fix, dict[str, bytes]]]:
        """Yield the fixes that may be tried, each with the files it leads to."""
        for fix in problem.fixes:
            reason = self._refusal(fix)
            if reason is None:
                try:
                    texts = self._applied(state.texts, fix)
                except CannotPatch as refused:
                    reason = str(refused)
                else:
                    if texts not in self._seen:
                        self._seen.append(texts)
                        yield fix, texts
                    continue
            if all((left.fix.title, left.problem.code) != (fix.title, problem.code) for left in self._left):
                self._left.append(Left(problem, fix, reason))

    def _refusal(self, fix: Fix) -> str | None:
        if not fix.edits or fix.applicability == "display-only":
            return "it is only shown"
        if fix.applicability == "unsafe" and not self.unsafe:
            return "it may change what the program means: --unsafe allows it"
        for edit in fix.edits:
            reason = self.project.refusal(Path(os.path.realpath(edit.filename)))
            if reason is not None:
                return reason
        return None

    def _applied(self, texts: dict[str, bytes], fix: Fix) -> dict[str, bytes]:
        """Return the files after all edits of a fix; a file edited for the first time is read, as the run found it."""
        edited = dict(texts)
        groups: dict[str, list[Edit]] = {}
        for edit in fix.edits:
            groups.setdefault(os.path.realpath(edit.filename), []).append(edit)
        for name, edits in groups.items():
            if name not in edited:
                edited[name] = self._original(Path(name))
            edited[name] = patched(edited[name], edits)
        return edited

    def _original(self, path: Path) -> bytes:
        name = str(path)
        if name not in self._before:
            data = path.read_bytes()
            if path.stat().st_mtime_ns > self._started:
                raise FilesChanged(f"{path} was changed since the program ran")
            self._before[name] = data
        return self._before[name]

    def _try(self, state: _State, problem: Problem, fix: Fix, texts: dict[str, bytes]) -> tuple[Verdict, _State] | None:
        """Run an edited copy; None when no round is left."""
        if len(self._done) >= self.rounds:
            self._exhausted = True
            return None
        # The copy first has to come as far as the program came before.
        seconds = None if self.seconds is None else self.seconds + (0.0 if state.run.runs else state.run.seconds)
        run = self.run(texts, seconds)
        after = _State(texts, run)
        verdict = self._verdict(state, problem, after)
        number = len(self._done) + 1
        base = state.kept[-1] if state.kept else 0
        row = int(self._row(state, problem.cause["filename"], problem.cause["row"])) if problem.cause else 0
        done = Round(number, base, problem, row, fix, run, verdict)
        self._done.append(done)
        self.tell(done)
        return verdict, replace(after, kept=(*state.kept, number))

    def _verdict(self, before: _State, problem: Problem, after: _State) -> Verdict:
        if after.run.runs:
            remaining = after.run.warnings if before.run.runs else ()
            return "rolled back" if any(self._same(before, problem, after, other) for other in remaining) else "runs"
        if before.run.runs:
            return "rolled back"
        where = self._where(before, after)
        if where == "later":
            return "past"
        now = after.run.problem
        if where == "earlier" or now is None or self._same(before, problem, after, now):
            return "rolled back"
        return "another"

    def _same(self, before: _State, then: Problem, after: _State, now: Problem) -> bool:
        """Tell whether a mistake is still there: its code, and the line to blame."""
        if then.code != now.code or then.cause is None or now.cause is None:
            return then.code == now.code
        name = then.cause["filename"]
        return bool(name == now.cause["filename"]) and self._row(before, name, then.cause["row"]) == self._row(
            after, name, now.cause["row"]
        )

    def _where(self, before: _State, after: _State) -> Where:
        """Tell where a program failed, seen from where it failed before: call by call from the outermost line in."""
        then = [(name, self._row(before, name, row)) for name, row in before.run.stack]
        now = [(name, self._row(after, name, row)) for name, row in after.run.stack]
        for one, other in zip(then, now, strict=False):
            if one[0] != other[0]:
                return "later"  # the same line of the program got into other code
            if one[1] != other[1]:
                return "later" if other[1] > one[1] else "earlier"
        return "same"

    def _row(self, state: _State, filename: str, row: int) -> float:
        """Return the row of the file as it was."""
        name = os.path.realpath(filename)
        if name not in state.texts or name not in self._before:
            return row
        return original_row(self._before[name], state.texts[name], row)
