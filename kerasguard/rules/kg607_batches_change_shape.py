"""The batches of a generator or PyDataset change their shape.

## What it does
The first batches tell Keras what to expect, and a later one has other sizes, or another number of axes.

## Why it happens
Keras draws the first batches before it trains and takes their shapes for those of all others; only axes that differ
among them stay open. A file of another size, or a turn of the loop that is prepared in another way, comes later.

## Example
```python
def batches():
    for path in paths:                  # one of the pictures is larger
        yield read(path), labels[path]
```

## Use instead
```python
def batches():
    for path in paths:
        yield tf.image.resize(read(path), (64, 64)), labels[path]
```

## When the fix is wrong
There is none to try: look at what is handed out in that turn.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import batches, cutting
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG607"
NAME = "batches-change-shape"


def matches(evidence: Evidence) -> Finding | None:
    """Match an element that TensorFlow refuses because those before it had another shape."""
    found = batches.changed(evidence) or batches.later_one(evidence)
    if found is None:
        return None
    name = evidence.written("x", (), found.value)[0]
    last = found.places[-1] if found.places else None
    told = f"`{name}` hands out a batch with a part of shape {found.got}, where the batches before had {found.before}."
    first = f"The first batch of `{name}` fits {words.receiver(evidence)}, a later one does not."
    return Finding(
        title=told if found.got else first,
        explanation="Keras takes the shapes of the first batches for those of all others."
        if found.got
        else "Its data has another shape than in the first batch, or its labels another number of rows than its data.",
        offenders=(Offender(name, "generator"), Offender(name.partition("(")[0], "generator")),
        expected=(Expectation(name, None, None, f"{found.before or 'shapes'} as in the first batches"),),
        weight=0.95 if found.got else 0.6,
        cause=last,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to cut off what the other batches do not have; what else the batch should have been is not known."""
    del finding
    found = batches.changed(evidence) or batches.later_one(evidence)
    if found is not None:
        yield from cutting.candidates(evidence, found)
