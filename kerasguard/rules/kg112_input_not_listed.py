"""The outputs of a model depend on an Input that it does not list.

## What it does
All the listed inputs are used, and at least one more Input is that the model does not know of.

## Why it happens
A helper makes an Input of its own; an optional branch adds one; the list was not extended.

An output that was taken from the inside of a model which is used as a layer (the feature map of a backbone, say) hangs
on that model's own Input.

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
    inner = detached.inner_model(cut)
    if inner is not None:
        return Finding(
            title=f"An output is a tensor inside model {inner.name!r}, which is a layer of this model.",
            explanation=f"It hangs on the Input that {inner.name!r} was made with, not on the inputs of this model. Make a "
            f"model of {inner.name!r} that returns that tensor as well, and go on from what it returns.",
            offenders=(Offender(inner.name, "layer"), *(Offender(name, "tensor") for name in names)),
            weight=0.8,
            cause=evidence.crash,
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
    if cut is not None and detached.inner_model(cut) is None:  # its Input is no Input for the user to fill
        yield from detached.own_inputs(cut)
        place = detached.entry(cut)
        for one in connections.listed_too(cut):
            yield one if place is None else replace(one, cause=place)
