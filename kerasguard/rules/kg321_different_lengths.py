"""Data, labels or weights that belong together have different numbers of samples.

## What it does
The arrays given to one call do not have the same first size.

## Why it happens
A split was unpacked in another order than it returns its parts, data and labels of different splits were paired,
windows were cut from the data and not from the labels, or a reshape made another axis the first one.

## Example
```python
(x_train, y_test), (x_test, y_train) = load()
model.fit(x_train, y_train)
```

## Use instead
```python
(x_train, y_train), (x_test, y_test) = load()
```

## When the fix is wrong
When rows are really missing: find out which samples have no label before you cut the longer array.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import rows
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation

CODE = "KG321"
NAME = "different-lengths"


def matches(evidence: Evidence) -> Finding | None:
    """Match calls whose arrays differ in their first size."""
    found = rows.mismatch(evidence)
    if found is None:
        return None
    listed = ", ".join(f"`{name}` has {count}" for name, count in found.lengths.items())
    odd = found.odd[0]
    others = [one for one in found.given if one not in found.odd]
    several = sum(one.slot == "x" for one in found.given) > 1 and all(one.slot == "x" for one in found.odd)
    return Finding(
        title=f"The {'inputs' if several else 'arrays'} given together have different numbers of samples: {listed}.",
        explanation=f"Every array of one call needs one row for each sample; `{odd.name}` stands out.",
        offenders=tuple(one.offender() for one in (*found.odd, *others)),
        expected=tuple(
            Expectation(one.name, (found.length, *(one.shape or (None,))[1:]), one.spec.dtype, "rows of the others")
            for one in found.odd
        ),
        weight=0.75,
        suspect=words.suspect(odd, words.of_length((odd.shape or (None,))[0])),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose other rows, other names or other axes."""
    del finding
    found = rows.mismatch(evidence)
    if found is not None:
        yield from rows.candidates(evidence, found)
