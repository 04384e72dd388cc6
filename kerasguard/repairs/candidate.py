"""A repair that could be tried: what it does to the failing call, and how it reads in the user's source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kerasguard.adapters.trial import Call, Outcome
from kerasguard.provenance.suspect import Suspect
from kerasguard.vocabulary import Applicability, Edit, Place


@dataclass(frozen=True)
class Candidate:
    """One repair.

    Attributes
    ----------
    title
        What it does, for the user.
    edits
        How the source changes; all of them or none.
    cost
        Smaller, closer to the cause and meaning-preserving repairs cost less.
    call
        The failing call with its objects as the edit would make them; tried on specs.
    check
        A trial of another kind (a part of a graph rebuilt); used where `call` is None.
    cause
        The line to blame when this repair wins; None leaves it to the birth of the wrong property.
    suspect
        What to trace when this repair wins, where that is another tensor than the finding's.
    exact
        Whether the edits do to the program just what `call` or `check` does to the objects. A repair that
        is not exact is never called verified.
    partly_tried
        Whether the program has other calls that the repair changes, or would have to: the trial saw only the one that
        failed. It counts among the repairs like any other, and is not called verified.
    applicability
        "safe" keeps all that the user wrote and has: samples, labels, classes, layers, options. "unsafe" leaves some of
        it out. (Nothing is lost in what the program meant otherwise: it did not run.)
    """

    title: str
    edits: tuple[Edit, ...]
    cost: float
    call: Call | None = None
    check: Callable[[], Outcome] | None = None
    cause: Place | None = None
    suspect: Suspect | None = None
    exact: bool = True
    partly_tried: bool = False
    applicability: Applicability = "safe"
