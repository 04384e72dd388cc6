"""From a finding to the lines to show: the cause, the lines between, the crash."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kerasguard.diagnosis.trace_lines import REFUSED, on_way, steps_of
from kerasguard.evidence import Evidence
from kerasguard.provenance.arguments import order_of
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.provenance.walk import Link, birth_way, chain, sources, walk_budget
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender, Place, Step

MOST_NAMES = 5
DECIDING = frozenset({"channels", "color_mode", "ndmin", "keepdims", "num_channels"})


@dataclass(frozen=True)
class Walked:
    """What the walk back found."""

    cause: Place | None
    steps: tuple[Step, ...]
    links: tuple[Link, ...] = ()

    def names(self, known: Iterable[Offender]) -> tuple[Offender, ...]:
        """Return the variables on the way that are not named yet, nearest to the crash first."""
        seen = {offender.name for offender in known}
        found: list[Offender] = []
        for link in self.links:
            if link.name and link.name not in seen and len(found) < MOST_NAMES:
                seen.add(link.name)
                found.append(Offender(link.name, "variable", link.shape))
        return tuple(found)


def walked(evidence: Evidence, finding: Finding, best: Candidate | None) -> Walked:
    """Walk back from the suspect and decide what to blame.

    The line that the winning repair edits, where it edits one upstream; else the line the rule knows; else the birth
    of the wrong property; else the crash.
    """
    crash = evidence.crash
    suspect = (best.suspect if best is not None else None) or finding.suspect
    links, way, born = _ways(suspect)
    cause = (best.cause if best is not None else None) or finding.cause
    made: Place | None = None
    if cause is None and born is not None:
        made = born.place
        cause = made if _made_wrong(born, suspect) else _handed_over(links, born, crash)
    if cause is None and best is not None and best.edits:
        cause = _edited(evidence, best)
    if cause is None:
        cause = crash
    if cause is not None and best is not None:
        cause = _narrowed(cause, best)
    if cause is not None and not on_way(way, cause) and on_way(links, cause):
        way = links
    return Walked(cause, tuple(steps_of(way, cause, crash, finding.lines, made)), tuple(links))


def _narrowed(cause: Place, best: Candidate) -> Place:
    """Return the part of a statement of many lines that the repair edits: what begins on the line of its first edit."""
    inside = [edit for edit in best.edits if edit.filename == cause.filename]
    inside = [edit for edit in inside if cause.row <= edit.start[0] <= cause.end_row]
    source = source_of(cause.filename)
    if not inside or source is None or any(edit.start[0] == cause.row for edit in inside):
        return cause
    row, column = inside[0].start
    if inside[0].start == inside[0].end:  # put in: the call that lacks it
        return _innermost_call(source, cause, (row, column)) or cause
    for node in ast.walk(source.tree):  # outer nodes first
        if isinstance(node, ast.expr) and node.lineno == row:
            place = source.place(node)
            if (row, place.column) <= (row, column) <= (place.end_row, place.end_column):
                return place
    return cause


def _innermost_call(source: SourceFile, within: Place, at: tuple[int, int]) -> Place | None:
    """Return the smallest call of a statement between whose parentheses a position lies."""
    calls = [
        source.place(one) for one in ast.walk(source.tree) if isinstance(one, ast.Call) and one.lineno >= within.row
    ]
    around = [one for one in calls if (one.row, one.column) < at < (one.end_row, one.end_column)]
    return max(around, key=lambda one: (one.row, one.column), default=None)


def _made_wrong(born: Link, suspect: Suspect | None) -> bool:
    """Return whether the birth turned something right into something wrong, or could have made it right by its options.

    Data that never had the property right (loaded, drawn at random, written out) is no mistake where it is made.
    """
    operands = [link for link in sources(born) if link.shape]
    if suspect is not None and suspect.right is not None:
        answers = [suspect.right(link.seen) for link in operands if not _is_list(link.value)]
        if not answers or any(answer is not None for answer in answers):
            return any(answers)
    if operands:
        return True
    if not isinstance(born.node, ast.Call):
        return False
    function = evaluate(born.node.func, born.scope)
    return bool(DECIDING & set(order_of(function))) if callable(function) else False


def _is_list(value: Any) -> bool:
    """Return whether a value only gathers arrays: joining them takes the axis away again."""
    return isinstance(value, list | tuple) or getattr(value, "kind", "") == "list"


def _handed_over(links: list[Link], born: Link, crash: Place | None) -> Place:
    """Return the last line before the crash that binds the value: there it should have been brought into form."""
    for link in links:
        if crash is None or not (link.place.filename == crash.filename and link.place.row == crash.row):
            return link.place
    return born.place


def _edited(evidence: Evidence, best: Candidate) -> Place | None:
    """Return the line that the repair edits."""
    edit = best.edits[0]
    source = source_of(edit.filename)
    statement = source.at_line(edit.start[0]) if source is not None else None
    if source is None or statement is None or isinstance(getattr(statement, "body", None), list):
        return evidence.crash
    return source.place(statement)


def _ways(suspect: Suspect | None) -> tuple[list[Link], list[Link], Link | None]:
    """Return the way from the suspect to its maker, the way past the birth of its wrong property, and that birth."""
    if suspect is None:
        return [], [], None
    budget = walk_budget()
    known = [] if suspect.has is None else birth_way(suspect.node, suspect.scope, suspect.has, suspect.path, budget)
    links = chain(suspect.node, suspect.scope, suspect.path, budget)
    if not known:
        return links, links, None
    # What the value was made of at its birth tells what happened there.
    after = next((index + 1 for index, link in enumerate(links) if link.node is known[-1].node), len(links))
    return links, [*known, *(links[after:] or sources(known[-1], budget)[:1])], known[-1]


__all__ = ["REFUSED", "Walked", "walked"]
