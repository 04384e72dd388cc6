"""The labels of several outputs are in each other's place.

## What it does
The labels do not fit the outputs in the order in which they were given, and fit them in exactly one other order.

## Why it happens
A list of labels is matched with the outputs by position, in the order in which the model lists them. In a dict it is the
name that counts.

## Example
```python
model = keras.Model(image, [box, kind])
model.fit(images, [kinds, boxes])
```

## Use instead
```python
model.fit(images, [boxes, kinds])
```

## When the fix is wrong
When the model was meant to list its outputs in the order of the labels: then change the model, and the losses with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import target_order
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG413"
NAME = "labels-in-wrong-order"


def matches(evidence: Evidence) -> Finding | None:
    """Match labels that fit the outputs in another order."""
    found = target_order.order(evidence)
    if found is None:
        return None
    pairs, way = found
    wrong = [pair for index, pair in zip(way, pairs, strict=True) if pairs[index] is not pair]
    names = ", ".join(f"`{pairs[index].given.name}`" for index in way)
    return Finding(
        title=f"The labels of {words.receiver(evidence)} are in the wrong order; by their shapes it is {names}.",
        explanation="A list of labels is matched with the outputs by position, a dict by name.",
        offenders=(
            *(pair.given.offender() for pair in wrong),
            *(Offender(pair.head.name, "output", pair.head.shape) for pair in wrong),
        ),
        expected=tuple(Expectation(pair.head.name, pair.head.shape, None, "an output of the model") for pair in wrong),
        weight=0.95,
        suspect=words.suspect(wrong[0].given),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the order that fits."""
    del finding
    found = target_order.order(evidence)
    if found is not None:
        yield from target_order.candidates(evidence, *found)
