"""Class numbers lie outside the classes that the output has.

## What it does
A sparse loss gets labels below zero, or labels as large as the number of units or larger.

## Why it happens
An output with `n` units has the classes 0 to n - 1. Ratings from 1 to 5, ids from a file that counts from 1, or a
number that marks what should be ignored (255 in many masks) lie outside. On some devices nothing is raised and the loss
becomes NaN.

## Example
```python
model.add(Dense(5, activation="softmax"))
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, stars)                  # 1 to 5
```

## Use instead
```python
model.fit(x, stars - 1)
```

## When the fix is wrong
When a class is missing in the output: give the last layer one more unit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.evidence.situation import Situation
from kerasguard.provenance.links import Link
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, encodings, ranges, units
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG404"
NAME = "labels-out-of-range"
OCCASIONS = frozenset({"call"})


def _wrong(evidence: Evidence) -> demands.Pair | None:
    for pair in demands.pairs(evidence):
        if pair.head.sparse and demands.class_rank(pair) == 1 and ranges.outside(pair) is not None:
            return pair
    return None


def _encoded(evidence: Evidence) -> tuple[demands.Pair, Link] | None:
    for pair in demands.pairs(evidence):
        link = ranges.empty_first_class(pair)
        if link is not None:
            return pair, link
    return None


def warns(situation: Situation) -> Finding | None:
    """Warn where such labels raise nothing, because the code that runs does not look."""
    return matches(situation) if situation.values_unchecked else None


def matches(evidence: Evidence) -> Finding | None:
    """Match class numbers outside the units of an output with a sparse loss, or encoded with a column too many."""
    encoded = _encoded(evidence)
    if encoded is not None:
        return _from_one(evidence, *encoded)
    pair = _wrong(evidence)
    bounds = ranges.outside(pair) if pair is not None else None
    if pair is None or bounds is None or units.wanted_units(pair) is not None:
        return None
    given, head = pair
    last = (head.units or 1) - 1
    return Finding(
        title=f"The labels `{given.name}` run from {bounds[0]} to {bounds[1]}, "
        f"the output of {words.receiver(evidence)} "
        f"has the classes 0 to {last}.",
        explanation=f"Output '{head.name}' has {head.units} units: one for each class, counted from 0.",
        offenders=demands.offenders(pair),
        expected=(demands.expectation(pair, (head.shape or ())[:-1], f"whole numbers from 0 to {last}"),),
        weight=0.9,
        suspect=words.suspect(given),
        cause=ranges.last_seen(pair),
    )


def _from_one(evidence: Evidence, pair: demands.Pair, link: Link) -> Finding:
    given, head = pair
    inner = encodings.encoded(link.node)
    name = link.source.segment(inner) if isinstance(inner, ast.Name) else None
    return Finding(
        title=f"The labels `{given.name}` are encoded with {(given.shape or (0,))[-1]} columns of which the first is "
        f"unused, the output of {words.receiver(evidence)} has {head.units} units.",
        explanation="An encoding makes a column for each number from 0 to the greatest: these classes are counted from 1.",
        offenders=demands.offenders(pair, *((name,) if name else ())),
        expected=(demands.expectation(pair, head.shape, "one column for each class"),),
        weight=0.9,
        suspect=words.suspect(given),
        cause=link.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to count from zero, to ignore the one number outside, or one more unit."""
    del finding
    encoded = _encoded(evidence)
    if encoded is not None:
        yield from ranges.encoded_from_zero(evidence, *encoded)
        return
    pair = _wrong(evidence)
    if pair is None:
        return
    if ranges.counted_from_one(pair):
        yield from ranges.shifted(evidence, pair)
    if ranges.marker(pair) is not None:
        yield from ranges.ignoring(evidence, pair)
    bounds = ranges.outside(pair)
    if bounds is not None and bounds[0] >= 0 and bounds[1] < units.MOST_CLASSES and ranges.marker(pair) is None:
        yield from units.resized(evidence, pair, bounds[1] + 1, cost=1.6)
