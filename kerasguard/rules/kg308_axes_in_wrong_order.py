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

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words
from kerasguard.rules.axis_mistakes import axis_mistake

CODE = "KG308"
NAME = "axes-in-wrong-order"


def _is_this(_given: Given, change: Transformation) -> bool:
    return change.kind == "permute" and not change.title.startswith("move the channels")


def _says(evidence: Evidence, given: Given, want: Wanted) -> tuple[str, str]:
    return (
        f"`{given.name}` has its axes in another order than {words.receiver(evidence)} wants.",
        f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}.",
    )


matches, repairs = axis_mistake(_is_this, _says, lambda _evidence, _given: 0.5)
