"""A tf.data pipeline yields single samples where the model wants batches.

## What it does
The elements of the dataset lack just the batch axis, and no stage of it batches.

## Why it happens
`from_tensor_slices` yields one row at a time. Keras batches arrays by itself, datasets never: `batch_size=` does
nothing for them.

## Example
```python
ds = tf.data.Dataset.from_tensor_slices((x, y))
model.fit(ds)
```

## Use instead
```python
model.fit(ds.batch(32))
```

## When the fix is wrong
When the dataset was meant to yield whole sequences as one element each.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import pipelines
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG303"
NAME = "dataset-not-batched"


def matches(evidence: Evidence) -> Finding | None:
    """Match datasets, for training or validation, whose elements lack just the batch axis."""
    for slot, wrong in pipelines.slots(evidence):
        if pipelines.unbatched(wrong):
            given, _ = wrong[0]
            name = pipelines.name_of(evidence, slot)
            return words.data_finding(
                evidence,
                wrong,
                title=f"`{name}` yields single samples, {words.receiver(evidence)} wants batches.",
                explanation=f"Its elements have shape {words.shape(given.shape)}, without the batch axis in front.",
                weight=0.8,
                cause=pipelines.last_stage(given.value),
                slot=slot,
                name=name,
            )
    return None


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to batch the dataset."""
    del finding
    yield from pipelines.batching(evidence)
