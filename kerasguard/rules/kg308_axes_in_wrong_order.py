"""The axes are all there, in another order.

## What it does
Putting the axes of the data in another order makes it fit.

## Why it happens
A table was stacked feature by feature and not row by row, a transpose is missing or was done twice, time and features
were swapped.

## Example
```python
x = np.array([temperature, pressure, wind])    # (3, 200): features first
model.fit(x, y)                                # wants (None, 3)
```

## Use instead
```python
x = np.array([temperature, pressure, wind]).T
```

## When the fix is wrong
When two sizes are equal by accident and the data needs another change.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence, Given
from kerasguard.finding import Finding
from kerasguard.repairs import data
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words

CODE = "KG308"
NAME = "axes-in-wrong-order"


def matches(evidence: Evidence) -> Finding | None:
    """Match data that this change makes fit."""
    wrong = data.misfits(evidence)
    if not wrong or not any(data.changes(wrong, _this(wrong[0][0]))):
        return None
    given, want = wrong[0]
    return words.data_finding(
        evidence,
        wrong,
        title=f"`{given.name}` has its axes in another order than {words.receiver(evidence)} wants.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}.",
        weight=0.5,
        has=words.of_sample(tuple((given.shape or ())[1:])),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the change where the data is used, or where it was made."""
    del finding
    wrong = data.misfits(evidence)
    yield from data.candidates(evidence, wrong, _this(wrong[0][0]))


def _this(given: Given) -> data.Select:
    def select(change: Transformation) -> bool:
        return change.kind == "permute" and not change.title.startswith("move the channels")

    return select
