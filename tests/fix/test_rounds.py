"""The loop: which fix is tried, what is kept, what is rolled back, where it stops; the program is a stand-in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kerasguard.commands.fixing.patching import FilesChanged
from kerasguard.commands.fixing.project import Project
from kerasguard.commands.fixing.rerun import Problem, Run, Texts
from kerasguard.commands.fixing.rounds import Mender, Result
from kerasguard.vocabulary import Applicability, Edit, Fix, Status

Play = Callable[[str], Run]
BODY = "one\ntwo\nthree\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return a program of three lines."""
    path = tmp_path.resolve() / "train.py"
    path.write_text(BODY, encoding="utf-8")
    return path


def fix(path: Path, row: int, text: str, status: Status = "verified", *, applicability: Applicability = "safe") -> Fix:
    """Return a fix that replaces the text of a row."""
    old = path.read_text(encoding="utf-8").splitlines()[row - 1]
    return Fix(f"write {text}", (Edit(str(path), (row, 1), (row, len(old) + 1), text),), status, None, applicability)


def failed(path: Path, row: int, code: str = "KG301", cause: int | None = None, fixes: tuple[Fix, ...] = ()) -> Run:
    """Return a run that fails at a row."""
    place = {"filename": str(path), "row": cause or row}
    problem = Problem(code, "a-mistake", "It is wrong.", place, fixes)
    return Run("failed", "ValueError: no", problem, (), ((str(path), row),), 1.0)


def mend(script: Path, play: Play, **options: object) -> tuple[Result, list[str]]:
    """Mend the program; `play` tells how a text of the script goes. Also return the texts as they were run."""
    seen: list[str] = []

    def run(texts: Texts, seconds: float | None) -> Run:
        del seconds
        seen.append(texts[str(script)].decode())
        return play(seen[-1])

    return Mender(Project(script), run, **options).mend(), seen  # type: ignore[arg-type]


def test_a_program_that_runs_is_left_alone(script: Path) -> None:
    """Nothing is wrong, nothing is changed, and it ran once."""
    result, seen = mend(script, lambda _: Run("ended"))
    assert result.run.runs
    assert not result.changed
    assert len(seen) == 1


def test_independent_faults_are_mended_one_after_the_other(script: Path) -> None:
    """Each fix builds on the one before; the second error may use the same code."""

    def play(text: str) -> Run:
        if text.startswith("one"):
            return failed(script, 1, fixes=(fix(script, 1, "ONE"),))
        return failed(script, 3, fixes=(fix(script, 3, "THREE"),)) if "three" in text else Run("ended")

    result, _ = mend(script, play)
    assert [done.verdict for done in result.rounds] == ["past", "runs"]
    assert result.changed == {script: (BODY.encode(), b"ONE\ntwo\nTHREE\n")}
    assert result.kept == (1, 2)
    assert script.read_text(encoding="utf-8") == BODY


def test_a_fix_that_does_not_help_is_rolled_back(script: Path) -> None:
    """The same mistake is still there: the next fix starts from the program as it was."""
    fixes = (fix(script, 2, "bad", "unverified"), fix(script, 2, "worse", "unverified"), fix(script, 2, "good"))

    def play(text: str) -> Run:
        if "worse" in text:
            return Run("failed", "NameError: worse", None, (), ((str(script), 1),))
        return Run("ended") if "good" in text else failed(script, 3, cause=2, fixes=fixes)

    result, seen = mend(script, play)
    assert [done.verdict for done in result.rounds] == ["rolled back", "rolled back", "runs"]
    assert seen[-1] == "one\ngood\nthree\n"
    assert result.kept == (3,)


def test_another_fix_is_preferred_to_another_error_at_the_same_place(script: Path) -> None:
    """An unverified fix that only turns the error into another one waits until the others have been tried."""
    guess, right = fix(script, 2, "guess", "unverified"), fix(script, 2, "right", "unverified")

    def play(text: str) -> Run:
        if "guess" in text:
            return failed(script, 3, "KG999", fixes=(fix(script, 3, "THREE"),))
        return Run("ended") if "right" in text else failed(script, 3, fixes=(guess, right))

    result, seen = mend(script, play)
    assert [done.verdict for done in result.rounds] == ["another", "runs"]
    assert seen[-1] == "one\nright\nthree\n"


def test_two_faults_of_one_line_are_mended(script: Path) -> None:
    """A verified fix that uncovers the next error at the same place is kept."""

    def play(text: str) -> Run:
        if "two" in text:
            return failed(script, 3, cause=2, fixes=(fix(script, 2, "TWO"), fix(script, 2, "no")))
        return Run("ended") if "ONE" in text else failed(script, 3, "KG999", cause=1, fixes=(fix(script, 1, "ONE"),))

    result, seen = mend(script, play)
    assert [done.verdict for done in result.rounds] == ["another", "runs"]
    assert seen[-1] == "ONE\nTWO\nthree\n"


def test_a_fix_that_leads_nowhere_is_taken_back(script: Path) -> None:
    """What gets past the error, and then fails for good, gives way to a fix that makes the program run."""
    fixes = (fix(script, 1, "detour", "unverified"), fix(script, 1, "way", "unverified"))

    def play(text: str) -> Run:
        if "detour" in text:
            return failed(script, 3, "KG000")
        return Run("ended") if "way" in text else failed(script, 1, fixes=fixes)

    result, _ = mend(script, play)
    assert [(done.verdict, done.base) for done in result.rounds] == [("past", 0), ("runs", 0)]
    assert result.kept == (2,)


def test_the_rounds_are_limited(script: Path) -> None:
    """An endless chain of new errors ends; what was mended is told, and that it does not run."""

    def play(text: str) -> Run:
        row = 1 + sum(line.isupper() for line in text.splitlines())
        return failed(script, row, fixes=(fix(script, row, "XYZ"),))

    result, seen = mend(script, play, rounds=2)
    assert result.exhausted
    assert not result.run.runs
    assert len(seen) == 3
    assert result.kept == (1, 2)


def test_a_fix_that_changes_nothing_is_no_round(script: Path) -> None:
    """The loop ends where a fix leads to a text that has been run already."""
    result, seen = mend(script, lambda _: failed(script, 1, fixes=(fix(script, 1, "one"),)))
    assert len(seen) == 1
    assert not result.rounds
    assert not result.run.runs


@pytest.mark.parametrize("unsafe", [False, True])
def test_unsafe_fixes_need_leave(script: Path, unsafe: bool) -> None:  # noqa: FBT001 - a parameter
    """A fix that leaves something out is applied only where that was asked for; else it is named."""
    fixes = (fix(script, 1, "ONE", applicability="unsafe"), fix(script, 1, "shown", applicability="display-only"))
    result, _ = mend(
        script, lambda text: Run("ended") if "ONE" in text else failed(script, 1, fixes=fixes), unsafe=unsafe
    )
    assert result.run.runs is unsafe
    assert [left.fix.title for left in result.left] == ([] if unsafe else ["write ONE", "write shown"])


def test_files_outside_the_project_are_not_edited(script: Path) -> None:
    """A fix with one edit in an installed package is not applied at all."""
    both = Fix(
        "both", (fix(script, 1, "ONE").edits[0], Edit(os.__file__, (1, 1), (1, 1), "x = 1\n")), "verified", None, "safe"
    )
    result, seen = mend(script, lambda _: failed(script, 1, fixes=(both,)))
    assert len(seen) == 1
    assert "is outside the project" in result.left[0].reason


def test_warnings_are_mended_only_on_request(script: Path) -> None:
    """A program that runs and is warned of stays as it is by default; a fix of a warning has to keep it running."""

    def play(text: str) -> Run:
        if "ONE" in text:
            return Run("ended")
        fixes = (fix(script, 1, "bad", applicability="unsafe"), fix(script, 1, "ONE", applicability="unsafe"))
        found = failed(script, 1, "KG701", fixes=fixes)
        return found if "bad" in text else Run("ended", warnings=(found.problem,) if found.problem else ())

    result, _ = mend(script, play)
    assert result.run.runs
    assert not result.changed
    result, _ = mend(script, play, unsafe=True)
    assert [done.verdict for done in result.rounds] == ["rolled back", "runs"]
    assert result.run.runs
    assert not result.run.warnings


def test_a_helper_that_changed_during_the_run_is_refused(script: Path) -> None:
    """Edits have the positions of the text that ran: another text is not edited."""
    helper = script.with_name("helper.py")
    helper.write_text("a = 1\n", encoding="utf-8")
    change = fix(helper, 1, "a = 2")
    later = script.stat().st_mtime_ns + 3_600_000_000_000

    def play(_: str) -> Run:
        os.utime(helper, ns=(later, later))
        return failed(script, 1, fixes=(change,))

    with pytest.raises(FilesChanged, match=r"helper\.py was changed"):
        mend(script, play)


def test_a_timed_program_gets_the_time_it_had_before(script: Path) -> None:
    """The copy first has to come as far as the error; only then its time to train begins."""
    times: list[float | None] = []

    def run(texts: Texts, seconds: float | None) -> Run:
        times.append(seconds)
        fixed = b"ONE" in texts[str(script)]
        return Run("running") if fixed else failed(script, 1, fixes=(fix(script, 1, "ONE"),))

    result = Mender(Project(script), run, seconds=5.0).mend()
    assert times == [5.0, 6.0]
    assert result.run.runs
