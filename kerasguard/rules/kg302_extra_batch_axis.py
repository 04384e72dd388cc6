"""The data has one leading axis too many.

## What it does
The data already was a batch and got another axis in front, or a batch of batches was passed.

## Why it happens
`x[np.newaxis]`, `np.expand_dims(x, 0)`, `np.array([batch])` or a list around an array add an axis. Once is right for one
sample, and wrong for an array that holds samples already.

## Example
```python
batch = images[:8]                          # (8, 64, 64, 3)
model.predict(np.expand_dims(batch, 0))     # (1, 8, 64, 64, 3)
```

## Use instead
```python
model.predict(batch)
```

## When the fix is wrong
When the first axis is time and the model was meant to see sequences.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence, Given
from kerasguard.finding import Finding
from kerasguard.repairs import data
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words

CODE = "KG302"
NAME = "extra-batch-axis"


def matches(evidence: Evidence) -> Finding | None:
    """Match data that this change makes fit."""
    wrong = data.misfits(evidence)
    if not wrong or not any(data.changes(wrong, _this(wrong[0][0]))):
        return None
    given, want = wrong[0]
    return words.data_finding(
        evidence,
        wrong,
        title=f"`{given.name}` has an axis too many in front of its samples.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}; {words.receiver(evidence)} wants {words.shape(want.display)}, where the first axis is the batch.",
        weight=0.6,
        has=words.of_rank(len(given.shape or ())),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the change where the data is used, or where it was made."""
    del finding
    wrong = data.misfits(evidence)
    yield from data.candidates(evidence, wrong, _this(wrong[0][0]))


def _this(given: Given) -> data.Select:
    def select(change: Transformation) -> bool:
        return (change.kind == "drop_axis" and change.axis in (0, 1)) or change.kind == "merge_batches"

    return select
