"""The labels are one-hot rows, the loss wants class numbers.

## What it does
The labels have one column for each class, and the loss is a sparse cross-entropy.

## Why it happens
`sparse_categorical_crossentropy` takes the number of the class, `categorical_crossentropy` a row with a one in the
column of the class. `to_categorical` makes such rows, and then the sparse loss no longer fits.

## Example
```python
y = keras.utils.to_categorical(y)                     # (n, 10)
model.compile("adam", "sparse_categorical_crossentropy")
```

## Use instead
```python
model.compile("adam", "categorical_crossentropy")     # or leave to_categorical out
```

## When the fix is wrong
When other code needs the labels in the form that the fix takes away: then change the other side.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, encodings
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG401"
NAME = "one-hot-labels-for-sparse-loss"


def _wrong(evidence: Evidence) -> demands.Pair | None:
    return next((pair for pair in demands.pairs(evidence) if pair.head.sparse and demands.one_hot(pair)), None)


def matches(evidence: Evidence) -> Finding | None:
    """Match labels with a column for each unit of an output that has a sparse loss."""
    pair = _wrong(evidence)
    if pair is None:
        return None
    given, head = pair
    made = encodings.encoding(pair)
    return Finding(
        title=f"`{given.name}` is one-hot, the sparse loss of {words.receiver(evidence)} wants class numbers.",
        explanation=f"The labels have shape {words.shape(given.shape)}, a column for each of the {head.units} classes.",
        offenders=demands.offenders(pair),
        expected=(demands.expectation(pair, (head.shape or ())[:-1], "a sparse loss takes the number of the class"),),
        weight=0.9,
        suspect=words.suspect(given),
        cause=made.place if made is not None else None,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to keep class numbers, or the loss that takes one-hot rows."""
    del finding
    pair = _wrong(evidence)
    if pair is not None:
        yield from encodings.to_numbers(evidence, pair)
        yield from encodings.other_loss(evidence, pair, sparse=False, cost=1.0)
