"""Elements of unequal shape are put into one batch.

## What it does
`batch` was given elements whose shapes differ: sequences of other lengths, pictures of other sizes.

## Why it happens
A batch is one tensor, a box with straight sides. The dataset's spec says None where elements may differ, and nothing is
wrong until two unlike elements meet.

## Example
```python
dataset = dataset.batch(16)
```

## Use instead
```python
dataset = dataset.padded_batch(16)
```

## When the fix is wrong
When padding is not what the model should see: resize pictures, cut sequences, or give the model ragged tensors.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.stages import unequal
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG615"
NAME = "unequal-elements-batched"


def matches(evidence: Evidence) -> Finding | None:
    """Match a stage that could not put elements together."""
    found = unequal.unequal(evidence)
    if found is None:
        return None
    part = "".join(f"[{step!r}]" for step in found.path)
    receiver = getattr(found.call.func, "value", found.call)
    text = " ".join(found.source.segment(receiver).split())
    name = text if len(text) <= words.LONGEST else f"{text[: words.LONGEST - 3]}..."
    return Finding(
        title=f"The elements of `{name}` differ in shape, and are put into one batch.",
        explanation=f"{f'Part {part} of an element' if part else 'An element'} is {words.shape(found.shape)}: "
        "where None stands, one element may be longer than another.",
        offenders=(Offender(name, "dataset", found.shape),),
        weight=0.9,
        cause=found.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to bring them to one shape."""
    del finding
    found = unequal.unequal(evidence)
    if found is not None:
        yield from unequal.candidates(evidence, found)
