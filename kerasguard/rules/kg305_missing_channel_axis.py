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

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words
from kerasguard.rules.axis_mistakes import axis_mistake

CODE = "KG305"
NAME = "missing-channel-axis"


def _is_this(given: Given, change: Transformation) -> bool:
    return change.kind == "add_axis" and bool(change.axis) and change.axis == len(given.shape or ())


def _says(evidence: Evidence, given: Given, want: Wanted) -> tuple[str, str]:
    return (
        f"`{given.name}` has no channel axis, {words.receiver(evidence)} wants one.",
        f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}, channels last.",
    )


matches, repairs = axis_mistake(_is_this, _says, lambda _evidence, _given: 0.65)
