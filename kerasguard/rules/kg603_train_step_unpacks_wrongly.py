"""A train_step of your own unpacks another number of parts than fit hands it.

## What it does
`train_step(self, data)` unpacks `data` into two names where there are three, or the other way round.

## Why it happens
`data` is `(x,)`, `(x, y)` or `(x, y, sample_weight)`, depending on what fit was given.

## Example
```python
def train_step(self, data):
    x, y = data                 # fails with sample_weight
```

## Use instead
```python
def train_step(self, data):
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
```

## When the fix is wrong
When the weights count: then use them in the loss.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import yields
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG603"
NAME = "train-step-unpacks-wrongly"


def matches(evidence: Evidence) -> Finding | None:
    """Match unpackings of the data in a step of the user's own that fail on its length."""
    found = yields.unpacking(evidence)
    if found is None:
        return None
    extra = [one for one in evidence.everything if one.slot == "sample_weight"]
    return Finding(
        title=f"`{found.name}` has {found.given} parts, the step of {words.receiver(evidence)} unpacks {found.wanted}.",
        explanation="fit hands on x, then y, then sample_weight, as far as they were given.",
        offenders=(Offender(found.name, "tuple"), *(one.offender() for one in extra)),
        weight=0.95,
        cause=found.source.place(found.statement),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to unpack what there is."""
    del finding
    found = yields.unpacking(evidence)
    if found is not None:
        yield from yields.unpacked_right(evidence, found)
