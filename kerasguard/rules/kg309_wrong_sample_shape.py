"""The samples have another shape than the model was built for.

## What it does
The data has samples, and each of them has other sizes than the model's Input describes.

## Why it happens
Pictures were not flattened (or were, for a convolution), windows were cut with another length, the Input's shape was
copied from another array.

## Example
```python
x = np.zeros((100, 28, 28))
model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
model.fit(x, y)
```

## Use instead
```python
model.fit(x.reshape(-1, 784), y)
```

## When the fix is wrong
When the model and not the data is to change: give the Input the shape of one sample, `x.shape[1:]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence, Given
from kerasguard.finding import Finding
from kerasguard.repairs import data
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words

CODE = "KG309"
NAME = "wrong-sample-shape"


def matches(evidence: Evidence) -> Finding | None:
    """Match data that this change makes fit."""
    wrong = data.misfits(evidence)
    if not wrong or not any(data.changes(wrong, _this(wrong[0][0]))):
        return None
    given, want = wrong[0]
    return words.data_finding(
        evidence,
        wrong,
        title=f"The samples in `{given.name}` have another shape than {words.receiver(evidence)} wants.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}.",
        weight=0.45,
        has=words.of_sample(tuple((given.shape or ())[1:])),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the change where the data is used, or where it was made."""
    del finding
    wrong = data.misfits(evidence)
    yield from data.candidates(evidence, wrong, _this(wrong[0][0]))


def _this(given: Given) -> data.Select:
    def select(change: Transformation) -> bool:
        return (
            change.kind in ("reshape", "drop_axis")
            and not (change.kind == "drop_axis" and change.axis in (0, 1))
            or (change.kind == "add_axis" and 0 < (change.axis or 0) < len(given.shape or ()))
        )

    return select
