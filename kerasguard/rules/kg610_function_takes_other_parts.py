"""A function in a tf.data pipeline takes another number of arguments than an element has parts.

## What it does
`map`, `filter`, `flat_map` or `interleave` calls its function with the parts of an element, and the function has fewer
or more parameters than there are parts.

## Why it happens
An element that is a tuple is taken apart: `(x, y)` arrives as two arguments. A dict or a nested tuple stays one
argument. And a list given to `from_tensor_slices` becomes one tensor, not several parts.

## Example
```python
def scale(image):
    return image / 255.0

dataset = tf.data.Dataset.from_tensor_slices((images, labels)).map(scale)
```

## Use instead
```python
dataset = tf.data.Dataset.from_tensor_slices((images, labels)).map(lambda image, y: (scale(image), y))
```

## When the fix is wrong
When the dataset should not have had that part: then leave it out where the dataset is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.stages import parameters
from kerasguard.rules.finding import Finding

CODE = "KG610"
NAME = "function-takes-other-parts"


def matches(evidence: Evidence) -> Finding | None:
    """Match a function of a stage that cannot be called with the parts of an element."""
    found = parameters.mismatch(evidence)
    if found is None:
        return None
    applied = found.applied
    taken = found.least if found.count < found.least else found.most or 0
    had = f"{found.count} part{'s' * (found.count != 1)}"
    return Finding(
        title=f"{_capital(applied.name)} takes {taken} argument{'s' * (taken != 1)}, "
        f"an element of the dataset has {had}.",
        explanation=f"`{applied.operation}` takes a tuple apart and passes its parts one by one; a dict or a nested "
        "tuple stays one argument.",
        offenders=tuple(applied.offenders()),
        weight=0.95,
        cause=applied.place,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose a call that fits the elements."""
    del finding
    found = parameters.mismatch(evidence)
    if found is not None:
        yield from parameters.candidates(evidence, found)
