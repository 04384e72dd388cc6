"""The name of an Input was bound to another tensor before the model was made from it.

## What it does
`keras.Model(inputs, outputs)` is given a tensor from the middle of the network in the place of an Input: the name that
held the Input holds what a layer made of it by then. The model starts at that tensor, and wants data of its shape.

## Why it happens
`x = Dense(8)(x)` is how layers are strung together; when `x` was the Input, the Input is gone under that name. Nothing
fails until data arrives.

## Example
```python
label = keras.Input((10,))
label = layers.Dense(64)(label)
model = keras.Model([picture, label], score)
```

## Use instead
```python
label = keras.Input((10,))
planes = layers.Dense(64)(label)
model = keras.Model([picture, label], score)
```

## When the fix is wrong
When the model is meant to start in the middle: then give it data of that shape.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import rebound
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG136"
NAME = "input-bound-anew"


def matches(evidence: Evidence) -> Finding | None:
    """Match a model that starts at a tensor whose name held an Input before."""
    found = rebound.rebound_input(evidence)
    if found is None:
        return None
    name = found.name
    return Finding(
        title=f"`{name}` is no longer the Input when {words.receiver(evidence)} is made from it.",
        explanation=f"The name is bound to another tensor by then, and the model wants that: {words.shape(found.wanted)}. "
        f"`{found.given.name}` fits the Input: {words.shape(found.declared)}.",
        offenders=(Offender(name, "tensor", found.wanted),),
        weight=0.9,
        cause=found.place(found.later),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to keep the Input under a name of its own."""
    del finding
    found = rebound.rebound_input(evidence)
    if found is not None:
        yield from rebound.candidates(evidence, found)
