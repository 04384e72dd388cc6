"""The outputs of a model depend on an Input that it does not list.

## What it does
All the listed inputs are used, and at least one more Input is that the model does not know of.

## Why it happens
A helper makes an Input of its own; an optional branch adds one; the list was not extended.

## Example
```python
image, factor = keras.Input((32, 32, 3)), keras.Input((1, 1, 1))
gated = keras.layers.Multiply()([image, factor])
model = keras.Model(image, gated)
```

## Use instead
```python
model = keras.Model([image, factor], gated)
```

## When the fix is wrong
When the value is the same for all samples: use a constant or a weight in the place of an Input. A model with one more
input also has to be given one more array.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import connections, detached
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG112"
NAME = "input-not-listed"
OCCASIONS = frozenset({"model"})  # a Keras that makes such a model raises only when it is called


def matches(evidence: Evidence) -> Finding | None:
    """Match a model whose outputs depend on Inputs besides those that it lists."""
    cut = connections.cut_of(evidence)
    if cut is None or cut.wiring.unused:
        return None
    names = connections.names(cut)
    joins = detached.joins(cut)
    if joins:
        used = joins[0].use.id
        return Finding(
            title=f"The model uses `{used}`, a tensor of another model's graph, and does not list it as an input.",
            explanation=f"`{used}` is computed from the Input `{names[0]}`, on which this model does not start.",
            offenders=(Offender(used, "tensor"), *(Offender(name, "tensor") for name in names)),
            weight=0.8,
            cause=joins[0].place,
        )
    return Finding(
        title=f"The output also depends on the Input `{names[0]}`, which is not among the model's inputs.",
        explanation=f"It has shape {connections.shape(cut.wiring.loose[0])}. All Inputs have to be listed.",
        offenders=tuple(Offender(name, "tensor") for name in names),
        weight=0.8,
        cause=detached.entry(cut) or cut.birth(cut.wiring.loose[0]),
    )


warns = matches


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to list the Input, and to hand it out of the helper that makes it."""
    del finding
    cut = connections.cut_of(evidence)
    if cut is not None:
        yield from detached.own_inputs(cut)
        place = detached.entry(cut)
        for one in connections.listed_too(cut):
            yield one if place is None else replace(one, cause=place)
