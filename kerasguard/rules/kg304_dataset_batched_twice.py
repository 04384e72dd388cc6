"""A tf.data pipeline was batched twice.

## What it does
The elements of the dataset have one leading axis too many: batches of batches.

## Why it happens
Loaders such as `image_dataset_from_directory` batch by themselves; a helper that prepares any dataset batches again.

## Example
```python
ds = keras.utils.image_dataset_from_directory(folder)    # batched already
model.fit(ds.batch(32))
```

## Use instead
```python
model.fit(ds)
```

## When the fix is wrong
When the first batch() was meant to cut windows out of a series: then it is the model that needs another input shape.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import pipelines
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG304"
NAME = "dataset-batched-twice"


def matches(evidence: Evidence) -> Finding | None:
    """Match datasets with two batch stages whose elements have an axis too many."""
    for slot, wrong in pipelines.slots(evidence):
        given = wrong[0][0]
        if pipelines.batched_twice(wrong) and len(pipelines.batch_stages(given.value)) > 1:
            return words.data_finding(
                evidence,
                wrong,
                title=f"`{pipelines.name_of(evidence, slot)}` was batched twice.",
                explanation=f"Its elements have shape {words.shape(given.shape)}: batches of batches.",
                weight=0.85,
                slot=slot,
                name=pipelines.name_of(evidence, slot),
            )
    return None


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to leave the second batch() out."""
    for slot, value, _, _ in pipelines.wrong_datasets(evidence):
        if slot == finding.notes["slot"]:
            yield from pipelines.unbatching(evidence, slot, value)
