"""The labels were one-hot encoded twice.

## What it does
The labels have one axis more than the output, because rows that had a column for each class already were encoded again.

## Why it happens
`to_categorical` takes class numbers. Given one-hot rows it takes each zero and one for a class number, and each becomes
a row of its own. Loaders and data sets often hand out one-hot rows, and the line that encodes them stays in the program.

## Example
```python
y = np.eye(3)[species]                      # (n, 3)
y = keras.utils.to_categorical(y)           # (n, 3, 2)
```

## Use instead
```python
y = np.eye(3)[species]
```

## When the fix is wrong
When the first encoding is the one to leave out, because other code needs the class numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.provenance.links import Link
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, encodings
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG411"
NAME = "labels-encoded-twice"


def _wrong(evidence: Evidence) -> tuple[demands.Pair, Link] | None:
    for pair in demands.pairs(evidence):
        link = encodings.encoded_twice(pair)
        if link is not None:
            return pair, link
    return None


def matches(evidence: Evidence) -> Finding | None:
    """Match labels that fitted their output before they were encoded."""
    wrong = _wrong(evidence)
    if wrong is None:
        return None
    (given, head), link = wrong
    return Finding(
        title=f"The labels `{given.name}` are encoded twice: they have shape {words.shape(given.shape)}, the output of "
        f"{words.receiver(evidence)} {words.shape(head.shape)}.",
        explanation="They had a column for each class already before the last encoding.",
        offenders=demands.offenders(wrong[0]),
        expected=(demands.expectation(wrong[0], head.shape, "the output of the model"),),
        weight=0.9,
        suspect=words.suspect(given),
        cause=link.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to leave the last encoding out."""
    del finding
    wrong = _wrong(evidence)
    if wrong is not None:
        yield from encodings.once(evidence, *wrong)
