"""No rule knows this mistake.

## What it does
An error left a Keras call and no rule of kerasguard explains it. You see the trace of the tensors involved with their
shapes, and no guess.

## Why it happens
Either the mistake is one that kerasguard has no rule for, or the facts fit several mistakes equally well.

## Example
Any error inside Keras or TensorFlow that the other codes do not cover.

## Use instead
Read the trace from top to bottom and find the first shape that is not the one you meant.

## When the fix is wrong
There is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules.finding import Finding, Suspect

CODE = "KG000"
NAME = "unknown-mistake"


def matches(evidence: Evidence) -> Finding:
    """Match everything: this rule speaks when no other does."""
    given = evidence.everything
    first = next((one for one in given if one.node is not None and one.scope is not None), None)
    suspect = None if first is None or first.node is None or first.scope is None else Suspect(first.node, first.scope)
    where = f" while layer {evidence.failing.layer.name!r} was called" if evidence.failing is not None else ""
    return Finding(
        title=f"{type(evidence.event.error).__name__}{where}; no rule knows this mistake.",
        explanation="These are the tensors involved and the lines they came from.",
        offenders=tuple(one.offender() for one in given),
        weight=0.0,
        suspect=suspect,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose nothing."""
    del evidence, finding
    yield from ()
