"""Sequences of unequal length were put into one array.

## What it does
An object array holds lists or arrays that do not all have the same shape.

## Why it happens
A tensor is a box with straight sides. NumPy makes an array of *objects* of sequences that have different lengths, and
TensorFlow cannot read those.

## Example
```python
sequences = [[4, 1, 7], [2]]
x = np.array(sequences, dtype=object)
model.fit(x, y)
```

## Use instead
```python
x = keras.utils.pad_sequences(sequences, padding="post")
```

## When the fix is wrong
When the sequences should all have had one length: find the one that has not.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import cells
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG501"
NAME = "sequences-of-unequal-length"


def matches(evidence: Evidence) -> Finding | None:
    """Match object arrays of sequences with different shapes."""
    for given, found in cells.objects(evidence):
        if found.ragged:
            lengths = [shape[0] for shape in found.shapes if shape]
            return Finding(
                title=f"`{given.name}` holds {words.shape(given.shape)} sequences of unequal length: no tensor.",
                explanation=f"Their lengths go from {min(lengths)} to {max(lengths)}; item {found.odd} is an odd one.",
                offenders=(given.offender(),),
                weight=0.95,
                suspect=words.suspect(given),
            )
    return None


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to pad."""
    del finding
    for given, found in cells.objects(evidence):
        if found.ragged:
            yield from cells.padded(evidence, given, found)
