"""The data holds Python objects or text in place of numbers.

## What it does
An array has the dtype `object` or a text dtype.

## Why it happens
A table that once held text stays an array of objects when the text is replaced by numbers, and one column of text makes
the whole table one. TensorFlow takes numbers only.

## Example
```python
table = np.array(rows, dtype=object)
table[:, 2] = codes
model.fit(table, y)
```

## Use instead
```python
model.fit(table.astype("float32"), y)
```

## When the fix is wrong
When the text has an order or many values: encode it with care (one-hot, a lookup layer) and alike for test data.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import cells
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG502"
NAME = "objects-or-text-in-data"


def matches(evidence: Evidence) -> Finding | None:
    """Match arrays of objects or text with one cell for each number."""
    for given, found in cells.objects(evidence):
        if not ({"array", "list", "None"} & set(found.kinds)):
            kinds = ", ".join(f"{count} of kind {kind}" for kind, count in sorted(found.kinds.items()))
            columns = f" Columns with anything but numbers: {list(found.columns)}." if found.columns else ""
            return Finding(
                title=f"`{given.name}` is an array of {given.spec.dtype}, not of numbers.",
                explanation=f"Its shape is {words.shape(given.shape)}, its cells: {kinds}.{columns}",
                offenders=(given.offender(),),
                weight=0.9,
                suspect=words.suspect(given),
            )
    return None


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose a cast, or codes for text."""
    del finding
    for given, found in cells.objects(evidence):
        if found.numbers_only or cells.numeric_text(evidence, given):
            yield from cells.cast(evidence, given)
        elif "text" in found.kinds:
            yield from cells.coded(evidence, given, found)
