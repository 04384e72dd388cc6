"""Samples lack their last axis: the channels of a picture, the features of a series.

## What it does
The data has a batch axis, and one axis fewer than the model wants behind it.

## Why it happens
Grey pictures and single series come without a channel axis: `mean(axis=-1)`, `cv2.IMREAD_GRAYSCALE`, MNIST, a column
of a table. Convolutions and recurrent layers want it, also when its size is 1.

## Example
```python
x = pictures.mean(axis=-1)       # (40, 64, 64)
model.fit(x, y)                  # Conv2D wants (None, 64, 64, 1)
```

## Use instead
```python
x = pictures.mean(axis=-1, keepdims=True)
```

## When the fix is wrong
When colour got lost by mistake: keep the channels instead of adding an empty one.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence, Given
from kerasguard.finding import Finding
from kerasguard.repairs import data
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words

CODE = "KG305"
NAME = "missing-channel-axis"


def matches(evidence: Evidence) -> Finding | None:
    """Match data that this change makes fit."""
    wrong = data.misfits(evidence)
    if not wrong or not any(data.changes(wrong, _this(wrong[0][0]))):
        return None
    given, want = wrong[0]
    return words.data_finding(
        evidence,
        wrong,
        title=f"`{given.name}` has no channel axis, {words.receiver(evidence)} wants one.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}, with the channels (or features) last.",
        weight=0.65,
        has=words.of_rank(len(given.shape or ())),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the change where the data is used, or where it was made."""
    del finding
    wrong = data.misfits(evidence)
    yield from data.candidates(evidence, wrong, _this(wrong[0][0]))


def _this(given: Given) -> data.Select:
    def select(change: Transformation) -> bool:
        return change.kind == "add_axis" and change.axis == len(given.shape or ()) and change.axis > 0

    return select
