"""What the rules about the axes of the data have in common: they differ in which change mends the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import search as data
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

IsThis = Callable[[Given, Transformation], bool]
Says = Callable[[Evidence, Given, Wanted], tuple[str, str]]
Weighs = Callable[[Evidence, Given], float]
Matches = Callable[[Evidence], Finding | None]
Repairs = Callable[[Evidence, Finding], Iterator[Candidate]]


def axis_mistake(is_this: IsThis, says: Says, weighs: Weighs) -> tuple[Matches, Repairs]:
    """Return `matches` and `repairs` of a rule about data whose axes are not those of the model's inputs.

    Parameters
    ----------
    is_this
        Whether a change that makes the data fit is the remedy of this mistake.
    says
        Title and explanation.
    weighs
        How much the facts speak for this mistake.
    """

    def matches(evidence: Evidence) -> Finding | None:
        """Match data that this change makes fit."""
        wrong = data.misfits(evidence)
        if not wrong:
            return None
        given, want = wrong[0]
        found = next(data.changes(wrong, lambda change: is_this(given, change)), None)
        if found is None:
            return None
        title, explanation = says(evidence, given, want)
        return words.data_finding(
            evidence,
            wrong,
            title=title,
            explanation=explanation,
            weight=weighs(evidence, given),
            traced=data.suspect_of(*found[0]),
        )

    def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
        """Propose the change where the data is used, or where it was made."""
        del finding
        wrong = data.misfits(evidence)
        yield from data.candidates(evidence, wrong, lambda change: is_this(wrong[0][0], change))

    return matches, repairs
