"""The samples are in a Python list, the model wants one array.

## What it does
A model with one input is given a list of samples, as arrays or as lists of numbers.

## Why it happens
Keras reads a list as one array for each input of the model. NumPy takes a list of rows for an array, Keras does not.

## Example
```python
rows = [[0.1, 0.2], [0.3, 0.4]]
model.fit(rows, y)
```

## Use instead
```python
model.fit(np.array(rows), y)
```

## When the fix is wrong
When the model was meant to have several inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import cells
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG505"
NAME = "samples-in-a-list"


def matches(evidence: Evidence) -> Finding | None:
    """Match lists of equally shaped samples given to a model with one input."""
    given = cells.in_lists(evidence)
    if not given or evidence.call is None:
        return None
    name = evidence.written("x", (), evidence.call.x)[0]
    return Finding(
        title=f"`{name}` is a Python list of {len(evidence.call.x)} items, {words.receiver(evidence)} wants one array.",
        explanation="A list means one array for each input of the model.",
        offenders=(given[0].offender(),),
        weight=0.75,
        suspect=words.suspect(given[0]),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose one array."""
    del finding
    yield from cells.as_one_array(evidence)
