"""From a finding to the lines to show: the cause, the lines between, the crash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kerasguard.evidence import Evidence
from kerasguard.finding import Finding, Suspect
from kerasguard.provenance.walk import Link, birth, chain
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Offender, Place, Step

MOST_STEPS = 8
MOST_NAMES = 5
REFUSED = "refused here"


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
    links = _links(finding.suspect)
    born = _birth(finding.suspect)
    cause = (best.cause if best is not None else None) or finding.cause
    if cause is None and born is not None:
        cause = born.place
    if cause is None and best is not None and best.edits:
        cause = _edited(evidence, best)
    if cause is None:
        cause = crash
    return Walked(cause, tuple(_steps(cause, born, links, crash, finding.lines)), tuple(links))


def _edited(evidence: Evidence, best: Candidate) -> Place | None:
    """Return the line that the repair edits."""
    from kerasguard.provenance.source import source_of

    edit = best.edits[0]
    source = source_of(edit.filename)
    statement = source.at_line(edit.start[0]) if source is not None else None
    if source is None or statement is None or isinstance(getattr(statement, "body", None), list):
        return evidence.crash
    return source.place(statement)


def _links(suspect: Suspect | None) -> list[Link]:
    return [] if suspect is None else chain(suspect.node, suspect.scope, suspect.path)


def _birth(suspect: Suspect | None) -> Link | None:
    if suspect is None or suspect.has is None:
        return None
    return birth(suspect.node, suspect.scope, suspect.has, suspect.path)


def _steps(
    cause: Place | None, born: Link | None, links: list[Link], crash: Place | None, recorded: tuple[Step, ...] = ()
) -> list[Step]:
    """Order the lines from the cause to the crash, one step a line, folded in the middle."""
    steps: list[Step] = list(recorded)
    for link in links:  # from the crash back: of several links on a line the one nearest to the crash is shown
        _add(steps, Step(link.place, link.note, link.shape), front=True)
    if born is not None:
        _add(steps, Step(born.place, born.note or "made here", born.shape), front=True)
    if cause is not None:
        _add(
            steps,
            Step(cause, "the cause", born.shape if born is not None and born.place == cause else None),
            front=True,
        )
    start = next((i for i, step in enumerate(steps) if cause is not None and _same_line(step.place, cause)), 0)
    steps = steps[start:]
    if crash is not None:
        steps = [step for step in steps if not _same_line(step.place, crash) or step is steps[0]]
        if not steps or not _same_line(steps[-1].place, crash):
            steps.append(Step(crash, REFUSED))
    if len(steps) > MOST_STEPS:
        keep = MOST_STEPS // 2
        steps = [*steps[:keep], *steps[-keep:]]
    return steps


def _add(steps: list[Step], step: Step, *, front: bool = False) -> None:
    if any(_same_line(known.place, step.place) for known in steps):
        return
    if front:
        steps.insert(0, step)
    else:
        steps.append(step)


def _same_line(one: Place, other: Place) -> bool:
    return one.filename == other.filename and one.row == other.row
