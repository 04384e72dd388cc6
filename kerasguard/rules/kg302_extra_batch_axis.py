"""The data has one leading axis too many.

## What it does
The data already was a batch and got another axis in front, or a batch of batches was passed.

## Why it happens
`x[np.newaxis]`, `np.expand_dims(x, 0)`, `np.array([batch])` or a list around an array add an axis. Once is right for
one sample, and wrong for an array that holds samples already.

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

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words
from kerasguard.rules.axis_mistakes import axis_mistake

CODE = "KG302"
NAME = "extra-batch-axis"


def _is_this(_given: Given, change: Transformation) -> bool:
    return (change.kind == "drop_axis" and change.axis in (0, 1)) or change.kind == "merge_batches"


def _says(_evidence: Evidence, given: Given, want: Wanted) -> tuple[str, str]:
    return (
        f"`{given.name}` has an axis too many in front of its samples.",
        f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}.",
    )


matches, repairs = axis_mistake(_is_this, _says, lambda _evidence, _given: 0.6)
