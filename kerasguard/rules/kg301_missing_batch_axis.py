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

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.data import search as data
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words
from kerasguard.rules.axis_mistakes import axis_mistake

CODE = "KG301"
NAME = "missing-batch-axis"


def _is_this(_given: Given, change: Transformation) -> bool:
    return (change.kind == "add_axis" and change.axis == 0) or change.title.endswith("batch axis")


def _says(evidence: Evidence, given: Given, _want: Wanted) -> tuple[str, str]:
    return (
        f"`{given.name}` is one sample, {words.receiver(evidence)} wants a batch of samples.",
        f"`{given.name}` has shape {words.shape(given.shape)}: the axes of one sample, no batch axis in front.",
    )


def _weighs(evidence: Evidence, given: Given) -> float:
    return 0.3 if data.is_a_batch(evidence, given) else 0.7


matches, repairs = axis_mistake(_is_this, _says, _weighs)
