"""One sample was passed where a batch of samples belongs.

## What it does
The data has all the axes that one sample needs and lacks the first one, the batch axis.

## Why it happens
A model works on batches, also when there is only one sample: `Input(shape=(64, 64, 3))` describes one sample, and Keras
puts the batch axis in front of it. `x[0]`, a picture just loaded from a file and an unbatched row are single samples.

## Example
```python
picture = load("cat.png")       # (64, 64, 3)
model(picture)
```

## Use instead
```python
model(picture[np.newaxis])      # (1, 64, 64, 3)
```

## When the fix is wrong
When the array was meant to hold several samples and its first axis got lost further up: mend that line instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence, Given
from kerasguard.finding import Finding
from kerasguard.repairs import data
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words

CODE = "KG301"
NAME = "missing-batch-axis"


def matches(evidence: Evidence) -> Finding | None:
    """Match data that this change makes fit."""
    wrong = data.misfits(evidence)
    if not wrong or not any(data.changes(wrong, _this(wrong[0][0]))):
        return None
    given, want = wrong[0]
    return words.data_finding(
        evidence,
        wrong,
        title=f"`{given.name}` is one sample, {words.receiver(evidence)} wants a batch of samples.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}: the axes of one sample, without the batch axis in front.",
        weight=0.3 if data.is_a_batch(evidence, given) else 0.7,
        has=words.of_rank(len(given.shape or ())),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the change where the data is used, or where it was made."""
    del finding
    wrong = data.misfits(evidence)
    yield from data.candidates(evidence, wrong, _this(wrong[0][0]))


def _this(given: Given) -> data.Select:
    def select(change: Transformation) -> bool:
        return change.axis == 0 and change.kind == "add_axis" or change.title.endswith("batch axis")

    return select
