"""Channels stand in front of height and width (or of time), the model wants them last.

## What it does
Moving the channel axis to the end makes the data fit.

## Why it happens
PyTorch, some file formats and old Keras code put channels first. Keras' default is `channels_last`.

## Example
```python
x = np.zeros((8, 3, 64, 64))     # (batch, channels, height, width)
model.fit(x, y)                  # wants (None, 64, 64, 3)
```

## Use instead
```python
x = x.transpose(0, 2, 3, 1)
```

## When the fix is wrong
When the layers were meant to be built with `data_format="channels_first"`, which the CPU does not support everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence, Given
from kerasguard.finding import Finding
from kerasguard.repairs import data
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words

CODE = "KG306"
NAME = "channels-first"


def matches(evidence: Evidence) -> Finding | None:
    """Match data that this change makes fit."""
    wrong = data.misfits(evidence)
    if not wrong or not any(data.changes(wrong, _this(wrong[0][0]))):
        return None
    given, want = wrong[0]
    return words.data_finding(
        evidence,
        wrong,
        title=f"`{given.name}` has its channels first, {words.receiver(evidence)} wants them last.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}.",
        weight=0.6,
        has=words.of_sample(tuple((given.shape or ())[1:])),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the change where the data is used, or where it was made."""
    del finding
    wrong = data.misfits(evidence)
    yield from data.candidates(evidence, wrong, _this(wrong[0][0]))


def _this(given: Given) -> data.Select:
    def select(change: Transformation) -> bool:
        return change.kind == "permute" and change.title.startswith("move the channels")

    return select
