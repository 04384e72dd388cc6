"""The third item that the data hands out is no sample weight.

## What it does
The elements of a dataset, generator or Sequence have three parts, and the third one is text.

## Why it happens
Keras takes the parts for data, labels and sample weights. A name of a file that travels with each sample to find it
again later is multiplied with the loss like any weight.

## Example
```python
def load(name, label):
    return read(name), label, name
model.fit(files.map(load).batch(8))
```

## Use instead
```python
def load(name, label):
    return read(name), label
```

## When the fix is wrong
When other code needs the names: keep them, and leave them out with one more `map` where the model is trained.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import third_item
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG414"
NAME = "third-item-is-no-weight"


def matches(evidence: Evidence) -> Finding | None:
    """Match data with text in the place of the sample weights."""
    given = third_item.no_weight(evidence)
    if given is None:
        return None
    return Finding(
        title=f"`{given.name}` hands out text as the third item, where Keras takes sample weights from.",
        explanation="The first item is the data, the second the labels, the third a weight for each sample.",
        offenders=(given.offender(), Offender("sample_weight", "argument", given.shape, given.spec.dtype)),
        expected=(Expectation("sample_weight", (None,), "float32", "a number for each sample, or no third item"),),
        weight=0.95,
        suspect=words.suspect(given),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose elements of two parts."""
    del finding
    given = third_item.no_weight(evidence)
    if given is not None:
        yield from third_item.candidates(evidence, given)
