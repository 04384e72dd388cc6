"""A batch has more rows of data than of labels.

## What it does
A PyDataset slices its data and its labels in different ways.

## Why it happens
Nothing compares the rows of a batch before the loss does, deep in the graph. The slice of the labels was written for
another batch size, or by index of the batch in place of index of the sample.

## Example
```python
rows = slice(index * size, (index + 1) * size)
return self.images[rows], self.labels[index:index + size]
```

## Use instead
```python
return self.images[rows], self.labels[rows]
```

## When the fix is wrong
When the labels are stored in another order than the data.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.finding import Finding
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import yields
from kerasguard.rules import words
from kerasguard.vocabulary import Offender

CODE = "KG605"
NAME = "batch-rows-differ"


def matches(evidence: Evidence) -> Finding | None:
    """Match losses that fail on the rows of batches whose data and labels are sliced differently."""
    if not yields.pair_of_rows(evidence):
        return None
    found = yields.slices(evidence)
    if found is None:
        return None
    where, data, given = found
    names = [where.source.segment(node.value) for node in (given, data)]
    return Finding(
        title=f"The rows of `{names[0]}` in a batch of {words.receiver(evidence)} are not those of `{names[1]}`.",
        explanation=f"Data is sliced by [{where.source.segment(data.slice)}], "
        f"labels by [{where.source.segment(given.slice)}].",
        offenders=(
            *(Offender(name, "array") for name in names),
            *(Offender(name.rpartition(".")[2], "array") for name in names),
        ),
        weight=0.9,
        cause=where.source.place(where.source.statement(given) or given),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose one slice for both."""
    del finding
    found = yields.slices(evidence)
    if found is not None:
        yield from yields.same_slice(found)
