"""The last layer has another number of units than the labels have classes or columns.

## What it does
The output and the labels agree on every axis but the last.

## Why it happens
The last layer needs one unit for each class of one-hot labels, one unit for each column of a regression, and a single
one for a yes-or-no label. The number was copied from another model, or the labels gained or lost a class.

## Example
```python
model.add(Dense(5, activation="sigmoid"))       # y holds one 0 or 1 for each sample
model.compile("adam", "binary_crossentropy")
```

## Use instead
```python
model.add(Dense(1, activation="sigmoid"))
```

## When the fix is wrong
When the labels are the ones that miss columns.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.evidence.situation import Situation
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, units
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG403"
NAME = "units-do-not-match-labels"
OCCASIONS = frozenset({"call"})


def _wrong(evidence: Evidence) -> tuple[demands.Pair, int] | None:
    for pair in demands.pairs(evidence):
        size = units.wanted_units(pair)
        if size is not None and pair.head.maker is not None:
            return pair, size
    return None


def warns(situation: Situation) -> Finding | None:
    """Warn of class numbers beyond the units where they raise nothing, because the code that runs does not look."""
    wrong = _wrong(situation) if situation.values_unchecked else None
    return matches(situation) if wrong is not None and wrong[0].head.sparse else None


def matches(evidence: Evidence) -> Finding | None:
    """Match labels whose last axis, or whose greatest class, asks for another number of units."""
    wrong = _wrong(evidence)
    if wrong is None:
        return None
    pair, size = wrong
    given, head = pair
    home = units.home(evidence, pair, size)
    picture = len(head.shape or ()) > 3
    return Finding(
        title=f"Layer '{head.maker.name}' has {head.units} {head.size_argument}, "
        f"the labels `{given.name}` ask for {size}.",
        explanation=f"The output has shape {words.shape(head.shape)}, the labels {words.shape(given.shape)}.",
        offenders=demands.offenders(pair, *units.names(evidence, pair, size)),
        expected=(demands.expectation(pair, (*(head.shape or ())[:-1], size), "what the labels ask for"),),
        weight=0.5 if picture else 0.8,
        suspect=words.suspect(given),
        cause=home.place if home is not None else None,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the number of units that the labels ask for, or the loss for labels that number the units."""
    del finding
    wrong = _wrong(evidence)
    if wrong is None:
        return
    pair, size = wrong
    alike = [
        *units.encoded_alike(evidence, pair),
        *units.counted_alike(evidence, pair),
        *units.yes_or_no(evidence, pair),
    ]
    yield from alike
    several = units.multi_class(pair)
    if several:
        yield from units.as_classes(evidence, pair)
    for other in units.resized(evidence, pair, size, cost=1.5 if several else 1.0):
        # A trial would prove either side: where the encoding is the odd one, the layer stays.
        yield dataclasses.replace(other, check=None, exact=False) if alike else other
