"""Phrases that several rules use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.suspect import of_last_size, of_length, of_rank, of_sample
from kerasguard.repairs.data.search import Pair
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Expectation, Offender, Place, Shape

__all__ = [
    "data_finding",
    "expectation",
    "last",
    "of_last_size",
    "of_length",
    "of_rank",
    "of_sample",
    "receiver",
    "shape",
    "suspect",
]


LONGEST = 50  # characters of the user's source in a sentence


def shape(sizes: Shape | None) -> str:
    """Return a shape as people write it."""
    return "unknown shape" if sizes is None else str(tuple(sizes))


def last(sizes: Shape | None) -> str:
    """Return the size of the last axis as people write it."""
    return "?" if not sizes or sizes[-1] is None else str(sizes[-1])


def receiver(evidence: Evidence) -> str:
    """Return what was called, under its name: ``model 'functional'``."""
    owner = evidence.event.owner
    kind = "model" if hasattr(owner, "layers") else "layer"
    return f"{kind} {getattr(owner, 'name', type(owner).__name__)!r}"


def expectation(pair: Pair) -> Expectation:
    """Return the demand of a pair as a report shows it."""
    _, want = pair
    return Expectation(want.name, want.display, want.dtype, want.why)


def suspect(given: Given, has: Callable[[Any], bool | None] | None = None) -> Suspect | None:
    """Return where the trace of a tensor starts; None where its expression is not known."""
    if given.node is None or given.scope is None:
        return None
    path = () if given.element is None else ("*", *given.element)  # of one element of a dataset
    return Suspect(given.node, given.scope, has, given.name, path=path)


def data_finding(
    evidence: Evidence,
    wrong: list[Pair],
    *,
    title: str,
    explanation: str,
    weight: float,
    has: Callable[[Any], bool | None] | None = None,
    cause: Place | None = None,
    name: str | None = None,
    slot: str = "x",
    traced: Suspect | None = None,
) -> Finding:
    """Return the finding of a rule about data that does not fit a model's inputs."""
    given, _ = wrong[0]
    del evidence
    named = (Offender(name, given.spec.kind, path=slot),) if name is not None else ()
    return Finding(
        title=title,
        explanation=explanation,
        offenders=(*named, *(one.offender() for one, _ in wrong), *_inputs(wrong)),
        expected=tuple(expectation(pair) for pair in wrong),
        weight=weight,
        suspect=traced or suspect(given, has),
        cause=cause,
        notes={"slot": slot},
    )


def _inputs(wrong: list[Pair]) -> tuple[Offender, ...]:
    return tuple(Offender(want.name, "input", want.display, want.dtype) for _, want in wrong)
