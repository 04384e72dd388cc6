"""What a rule hands to the engine: the facts it matched, the words for them, and the repairs it proposes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from kerasguard.evidence import Evidence
from kerasguard.provenance.suspect import Suspect
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Expectation, Offender, Place, Step


@dataclass(frozen=True)
class Finding:
    """A match of one rule.

    Attributes
    ----------
    weight
        How much the facts speak for this very mistake, 0 to 1: decides between rules whose repairs all fail.
    suspect
        Where the trace starts; its walk ends at the cause when no repair edits another line.
    cause
        The line to blame where the rule knows it from objects (a recorded layer's line), None otherwise.
    lines
        The way of a symbolic tensor through the layers, Input first, as it was recorded.
    """

    title: str
    explanation: str
    offenders: tuple[Offender, ...] = ()
    expected: tuple[Expectation, ...] = ()
    weight: float = 0.5
    suspect: Suspect | None = None
    cause: Place | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    lines: tuple[Step, ...] = ()


__all__ = ["Finding", "Rule", "Suspect"]


class Rule(Protocol):
    """A module in `kerasguard.rules`: one mistake."""

    CODE: str
    NAME: str

    def matches(self, evidence: Evidence) -> Finding | None:
        """Return the finding when the evidence shows this mistake."""

    def repairs(self, evidence: Evidence, finding: Finding) -> Iterable[Candidate]:
        """Propose repairs, in any order."""
