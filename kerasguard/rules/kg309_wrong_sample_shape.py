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

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.data import search as data
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words
from kerasguard.rules.axis_mistakes import axis_mistake
from kerasguard.rules.finding import Finding

CODE = "KG309"
NAME = "wrong-sample-shape"


def _is_this(given: Given, change: Transformation) -> bool:
    inner = change.axis is not None and 0 < change.axis < len(given.shape or ())
    dropped = change.kind == "drop_axis" and change.axis not in (0, 1)
    return change.kind == "reshape" or dropped or (change.kind == "add_axis" and inner)


def _says(evidence: Evidence, given: Given, want: Wanted) -> tuple[str, str]:
    return (
        f"The samples in `{given.name}` have another shape than {words.receiver(evidence)} wants.",
        f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}.",
    )


_of_a_change, repairs = axis_mistake(_is_this, _says, lambda _evidence, _given: 0.45)


def matches(evidence: Evidence) -> Finding | None:
    """Match samples of another shape: such that a change makes fit, or, with little weight, such that none does."""
    found = _of_a_change(evidence)
    wrong = data.misfits(evidence) if found is None else []
    if not wrong:
        return found
    title, explanation = _says(evidence, *wrong[0])
    return words.data_finding(evidence, wrong, title=title, explanation=explanation, weight=0.15)
