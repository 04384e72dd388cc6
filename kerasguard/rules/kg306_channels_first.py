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

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words
from kerasguard.rules.axis_mistakes import axis_mistake

CODE = "KG306"
NAME = "channels-first"


def _is_this(_given: Given, change: Transformation) -> bool:
    return change.kind == "permute" and change.title.startswith("move the channels")


def _says(evidence: Evidence, given: Given, want: Wanted) -> tuple[str, str]:
    return (
        f"`{given.name}` has its channels first, {words.receiver(evidence)} wants them last.",
        f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}.",
    )


matches, repairs = axis_mistake(_is_this, _says, lambda _evidence, _given: 0.6)
