"""Phrases that several rules use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasguard.evidence import Evidence, Given
from kerasguard.finding import Finding, Suspect
from kerasguard.provenance.values import Ghost, shape_of
from kerasguard.repairs.data import Pair
from kerasguard.vocabulary import Expectation, Offender, Place, Shape


def shape(sizes: Shape | None) -> str:
    """Return a shape as people write it."""
    return "unknown shape" if sizes is None else str(tuple(sizes))


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
    return Suspect(given.node, given.scope, has, given.name, path)


def _untold(value: Any) -> bool | None:
    """Return False for what is no array at all (a file name, bytes); None for an array of which too little is known."""
    return None if shape_of(value) is not None or isinstance(value, Ghost) else False


def element_suspect(given: Given) -> Suspect | None:
    """Return where the trace of a tensor starts, into the elements of a dataset where it is part of one."""
    if given.node is None or given.scope is None:
        return None
    path = () if given.element is None else ("*", *given.element)
    return Suspect(given.node, given.scope, None, given.name, path)


def of_rank(rank: int) -> Callable[[Any], bool | None]:
    """Return the property of having this rank."""

    def has(value: Any) -> bool | None:
        sizes = shape_of(value)
        return _untold(value) if sizes is None else len(sizes) == rank

    return has


def of_last_size(size: int | None) -> Callable[[Any], bool | None]:
    """Return the property of having this size on the last axis."""

    def has(value: Any) -> bool | None:
        sizes = shape_of(value)
        return _untold(value) if not sizes or sizes[-1] is None else sizes[-1] == size

    return has


def of_sample(sample: Shape) -> Callable[[Any], bool | None]:
    """Return the property of having samples of this shape, whatever the leading axis."""

    def has(value: Any) -> bool | None:
        sizes = shape_of(value)
        if sizes is None:
            return _untold(value)
        return len(sizes) >= len(sample) and tuple(sizes[len(sizes) - len(sample) :]) == sample

    return has


def of_length(length: int | None) -> Callable[[Any], bool | None]:
    """Return the property of having so many rows."""

    def has(value: Any) -> bool | None:
        sizes = shape_of(value)
        return _untold(value) if not sizes or sizes[0] is None else sizes[0] == length

    return has


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
        suspect=suspect(given, has),
        cause=cause,
        notes={"slot": slot},
    )


def _inputs(wrong: list[Pair]) -> tuple[Offender, ...]:
    return tuple(Offender(want.name, "input", want.display, want.dtype) for _, want in wrong)
