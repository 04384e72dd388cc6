"""What ``kerasguard fix`` prints: a line for each round, the difference, the end; or all of it as JSON."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from kerasguard.render import terminal
from kerasguard.render.document import shown_path
from kerasguard.render.report import fix_content
from kerasguard.render.sanitise import one_line, paragraph, without_surrogates
from kerasguard.render.text import Line, Role, Span

if TYPE_CHECKING:
    from kerasguard.commands.fixing.rerun import Problem
    from kerasguard.commands.fixing.rounds import Result, Round

SCHEMA = 1
OPTIONS = frozenset({"--write", "--output", "--unsafe", "--rounds", "--timeout", "--json"})
_NO_LINE_END = "\\ No newline at end of file"
_VERDICTS = {
    "runs": "the program runs",
    "past": "gets past this error",
    "another": "another error at the same place",
    "rolled back": "no help, rolled back",
}


def show(lines: Sequence[Line], stream: TextIO) -> None:
    """Print lines, in colour on a terminal."""
    terminal.show_lines(lines, stream)


def complain(text: str) -> None:
    """Say why nothing could be done."""
    terminal.write(sys.stderr, f"kerasguard: {one_line(text)}\n")


def notice(script: str, arguments: Sequence[str], rounds: int) -> list[Line]:
    """Return what is said up front."""
    name, copies = one_line(script), "1 edited copy" if rounds == 1 else f"{rounds} edited copies"
    how = "each time from the start and with all that it does"
    lines: list[Line] = [(Span(f"{name} is run several times (as it is, then up to {copies}), {how}."),)]
    lines += [
        (Span(f"{word} stands behind the script: it is given to the script.", "quiet"),)
        for word in arguments
        if word in OPTIONS
    ]
    return lines


def round_line(done: Round) -> Line:
    """Return the one line on a round: code, cause, fix, verdict."""
    problem, fix = done.problem, done.fix
    tried = "tried on the objects" if fix.status == "verified" else "not tried before"
    verdict: Role = "added" if done.verdict in {"runs", "past"} else "quiet"
    detail = "" if done.run.runs else f": {_failure(done.run.problem, done.run.error)}"
    return (
        Span(f"round {done.number}  ", "quiet"),
        Span(f"{one_line(problem.code)} {one_line(problem.name)}", "label"),
        Span(f"  {_cause(done)}", "place"),
        Span(f"  {paragraph(fix.title)} ({tried})"),
        Span(f"  -> {_verdict(done)}", verdict),
        Span(detail, "quiet"),
    )


def show_result(script: str, result: Result | None, written: Sequence[Path], fault: str, *, asked: bool) -> None:
    """Print the difference to stdout, and how it ended."""
    if result is not None and result.changed:
        print_diff(result, sys.stdout)
    show(list(_end(one_line(script), result, written, fault, asked=asked)), sys.stdout)


def print_diff(result: Result, stream: TextIO) -> None:
    """Print the unified difference: as it is, or in colour and with control characters spelled out on a terminal."""
    lines = diff(result)
    if terminal.is_colour_terminal(stream):
        show([(Span(one_line(line.rstrip("\r\n")), _role(line)),) for line in lines], stream)
    else:
        terminal.write(stream, "".join(lines))


def diff(result: Result) -> list[str]:
    """Return the lines of the unified difference of all changed files, with their own line ends."""
    from kerasguard.commands.fixing.patching import source_lines

    lines: list[str] = []
    for path, (before, after) in result.changed.items():
        name = shown_path(str(path))
        found = difflib.unified_diff(source_lines(before), source_lines(after), name, name)
        lines += [line if line.endswith(("\n", "\r")) else f"{line}\n{_NO_LINE_END}\n" for line in found]
    return lines


def print_json(script: str, result: Result | None, written: Sequence[Path], fault: str) -> None:
    """Print what came of it as one JSON object."""
    content: dict[str, Any] = {"schema": SCHEMA, "script": script, "error": fault or None}
    if result is not None:
        run = result.run
        content |= {
            "runs": run.runs,
            "end": run.end,
            "failure": None if run.runs else run.error,
            "diagnosis": None if run.runs or run.problem is None else _problem(run.problem),
            "warnings": [_problem(warning) for warning in run.warnings],
            "rounds": [_round(done, result.kept) for done in result.rounds],
            "left": [_problem(left.problem) | {"fix": left.fix.title, "reason": left.reason} for left in result.left],
            "files": [str(path) for path in result.changed],
            "diff": "".join(diff(result)),
        }
    content["written"] = [str(path) for path in written]
    terminal.write(sys.stdout, without_surrogates(json.dumps(content, ensure_ascii=False, indent=2)) + "\n")


def _end(script: str, result: Result | None, written: Sequence[Path], fault: str, *, asked: bool) -> Iterator[Line]:
    if fault:
        yield (Span("nothing was written: ", "label"), Span(paragraph(fault)))
    if result is None:
        return
    yield (Span(_summary(script, result), "strong"),)
    if not result.run.runs:
        for left in result.left:
            yield (
                Span(
                    f"    not tried: {paragraph(left.fix.title)} ({left.problem.code}): {paragraph(left.reason)}",
                    "quiet",
                ),
            )
        if result.exhausted:
            yield (Span("    the rounds are used up: --rounds allows more", "quiet"),)
    for warning in result.run.warnings:
        yield (Span(f"    warned of: {warning.code} {warning.name}: {paragraph(warning.title)}", "quiet"),)
    yield from _files(result, written, fault, asked=asked)


def _files(result: Result, written: Sequence[Path], fault: str, *, asked: bool) -> Iterator[Line]:
    for path in written:
        yield (Span(f"    written: {one_line(shown_path(str(path)))}"),)
    missing = [path for path in result.changed if path not in written]
    helpers = [path for path in missing if path != result.script]
    if written and helpers and not asked:
        names = ", ".join(one_line(shown_path(str(path))) for path in helpers)
        yield (Span(f"    it needs the changes of {names} as well: --write applies them"),)
    elif missing and not written and not fault:
        reason = "--write applies it" if result.run.runs else "it does not run yet"
        yield (Span(f"    no file was changed: {reason}"),)


def _summary(script: str, result: Result) -> str:
    run, count = result.run, len(result.kept)
    fixes = "1 fix" if count == 1 else f"{count} fixes"
    if run.runs:
        how = "runs to its end" if run.end == "ended" else f"was still running after {run.seconds:.0f} s"
        return f"{script} {how} with {fixes}." if count else f"{script} {how} as it is: there is nothing to fix."
    failure = _failure(run.problem, run.error)
    if count:
        return f"{script} gets further with {fixes}, and still fails: {failure}"
    if run.problem is None:
        return f"{script} fails, with nothing that kerasguard could mend: {failure}"
    return f"{script} fails, and no fix was found: {failure}"


def _failure(problem: Problem | None, error: str) -> str:
    return paragraph(f"{problem.code} {problem.title}") if problem is not None else paragraph(error)


def _verdict(done: Round) -> str:
    if done.verdict == "runs" and done.run.end == "running":
        return f"still running after {done.run.seconds:.0f} s"
    return _VERDICTS[done.verdict]


def _cause(done: Round) -> str:
    cause = done.problem.cause
    return one_line(f"{shown_path(str(cause['filename']))}:{done.row}") if cause is not None else "-"


def _round(done: Round, kept: Sequence[int]) -> dict[str, Any]:
    return {
        "round": done.number,
        "base": done.base,
        **_problem(done.problem),
        "fix": fix_content(done.fix),
        "verdict": done.verdict,
        "kept": done.number in kept,
        "failure": None if done.run.runs else done.run.error,
        "seconds": round(done.run.seconds, 1),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    cause = None if problem.cause is None else dict(problem.cause)
    return {"code": problem.code, "name": problem.name, "title": problem.title, "cause": cause}


def _role(line: str) -> Role:
    if line.startswith(("---", "+++", "@@")):
        return "place"
    return "removed" if line.startswith("-") else "added" if line.startswith("+") else "plain"
