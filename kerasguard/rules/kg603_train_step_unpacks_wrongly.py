"""A train_step of your own unpacks another number of parts than fit hands it.

## What it does
`train_step(self, data)` unpacks `data` into two names where there are three, or the other way round.

## Why it happens
`data` is `x` alone, `(x, y)` or `(x, y, sample_weight)`, depending on what fit was given. `data[0]` of `x` alone is the
first sample of the batch.

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
from kerasguard.repairs.data import own_steps, yields
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG603"
NAME = "train-step-unpacks-wrongly"


def matches(evidence: Evidence) -> Finding | None:
    """Match unpackings of the data in a step of the user's own that fail on its length."""
    found = yields.unpacking(evidence)
    if found is None:
        return _first_sample(evidence)
    extra = [one for one in evidence.everything if one.slot == "sample_weight"]
    return Finding(
        title=f"`{found.name}` has {found.given} parts, the step of {words.receiver(evidence)} unpacks {found.wanted}.",
        explanation="fit hands on x, then y, then sample_weight, as far as they were given.",
        offenders=(Offender(found.name, "tuple"), *(one.offender() for one in extra)),
        weight=0.95,
        cause=found.source.place(found.statement),
    )


def _first_sample(evidence: Evidence) -> Finding | None:
    """Match a step that takes the first part of data which has no parts: of a batch that is its first sample."""
    taken = own_steps.first_sample(evidence)
    if taken is None:
        return None
    given = evidence.everything[0]
    return Finding(
        title=f"`{taken.source.segment(taken.node)}` takes the first sample of a batch: fit hands the step of "
        f"{words.receiver(evidence)} the data alone.",
        explanation="Without labels there is no tuple to take a part of.",
        offenders=(Offender(taken.name, "variable"), given.offender()),
        weight=0.9,
        suspect=words.suspect(given),
        cause=taken.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to unpack what there is."""
    del finding
    found = yields.unpacking(evidence)
    if found is not None:
        yield from yields.unpacked_right(evidence, found)
        return
    taken = own_steps.first_sample(evidence)
    if taken is not None:
        yield from own_steps.candidates(evidence, taken)
