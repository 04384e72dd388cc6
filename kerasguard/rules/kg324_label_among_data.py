"""The data still holds the column that the labels were taken from.

## What it does
The samples have one column more than the model has inputs, and the labels are one column of the same table.

## Why it happens
Taking a column out of a table for the labels leaves it in the table. A model that takes whatever comes would learn to
read the answer off its input.

## Example
```python
table = np.loadtxt("cells.csv", delimiter=",")         # (n, 5): four measurements and a class
x, y = table, table[:, -1]
model.fit(x, y)                                        # Input((4,))
```

## Use instead
```python
x, y = table[:, :-1], table[:, -1]
```

## When the fix is wrong
When the model is meant to see that column too, to continue a series, say: then its Input is too narrow.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import label_columns
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG324"
NAME = "label-among-data"


def matches(evidence: Evidence) -> Finding | None:
    """Match data of one column too many, where the labels are a column of it."""
    found = label_columns.kept(evidence)
    if found is None:
        return None
    given = found.given
    last = ((given.shape or (1,))[-1] or 1) - 1
    return Finding(
        title=f"`{given.name}` still holds the column of the labels, `{found.taken}`: it has {last + 1} columns, "
        f"{words.receiver(evidence)} wants {last}.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}; data and labels are taken from the same table.",
        offenders=(given.offender(), Offender(found.taken, "labels", found.labels.shape)),
        expected=(Expectation(given.name, (*(given.shape or ())[:-1], last), given.spec.dtype, "without the labels"),),
        weight=0.85,
        suspect=words.suspect(given, words.of_last_size(last + 1)),
        cause=found.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the data without the column."""
    del finding
    found = label_columns.kept(evidence)
    if found is not None:
        yield from label_columns.candidates(evidence, found)
