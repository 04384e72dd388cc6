"""The inputs were passed in another order than the model lists them.

## What it does
Every tensor fits one of the model's inputs, but not the one at its own place in the list.

## Why it happens
`keras.Model([a, b], ...)` fixes the order; lists are matched by position and never by name.

## Example
```python
model = keras.Model([image, table], output)
model.predict([rows, pictures])
```

## Use instead
```python
model.predict([pictures, rows])
```

## When the fix is wrong
When the model was meant to be built with its inputs the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import search as data
from kerasguard.repairs.data import structure
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG311"
NAME = "inputs-in-wrong-order"


def matches(evidence: Evidence) -> Finding | None:
    """Match inputs that fit in another order."""
    order = next(structure.orders(evidence), None)
    if order is None:
        return None
    names = ", ".join(f"`{evidence.given[index].name}`" for index in order)
    return words.data_finding(
        evidence,
        data.misfits(evidence),
        title=f"The inputs of {words.receiver(evidence)} are in the wrong order; by their shapes it is {names}.",
        explanation="A list is matched with the model's inputs by position.",
        weight=0.8,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the order that fits."""
    del finding
    yield from structure.order_candidates(evidence)
