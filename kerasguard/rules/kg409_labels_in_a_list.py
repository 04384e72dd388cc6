"""Labels or weights are a Python list of numbers.

## What it does
A list stands where one array belongs.

## Why it happens
Keras reads a list as one array for each output, so a list of 60 numbers is 60 targets of a single number. NumPy's
functions take lists and arrays alike, Keras does not.

## Example
```python
y = [1] * batch
model.train_on_batch(x, y)
```

## Use instead
```python
y = np.array([1] * batch)
```

## When the fix is wrong
When the list holds the labels of several outputs: then each of its items has to become an array.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import lists
from kerasguard.repairs.labels import demands
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG409"
NAME = "labels-in-a-list"


def matches(evidence: Evidence) -> Finding | None:
    """Match lists of numbers given as labels or weights."""
    found = lists.listed(evidence)
    if not found or evidence.event.entry not in demands.TRAINING:
        return None
    names = ", ".join(f"`{one.name}`" for one in found)
    return Finding(
        title=f"{names} is a Python list: Keras reads it as {len(found[0].value)} separate targets, not as one array.",
        explanation="A list means one array for each output of the model.",
        offenders=tuple(one.offender() for one in found),
        weight=0.9,
        suspect=words.suspect(found[0]),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose arrays."""
    del finding
    yield from lists.as_arrays(evidence)
