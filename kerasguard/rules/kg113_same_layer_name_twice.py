"""Two layers of one model have the same name.

## What it does
The layers of a model are known by their names, for saving and for the names of outputs and losses, so that no
two of them may share one. Here different layers do.

## Why it happens
A helper gives its layers fixed names and is called several times; a copied line kept the name; two copies of the same
backbone are joined by their tensors.

## Example
```python
def head(x, task):
    return keras.layers.Dense(1, name="out")(x)
```

## Use instead
```python
def head(x, task):
    return keras.layers.Dense(1, name=f"{task}_out")(x)
```

## When the fix is wrong
When both were meant to be one layer that is used twice: make it once and call it twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_names
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender, Step

CODE = "KG113"
NAME = "same-layer-name-twice"


def matches(evidence: Evidence) -> Finding | None:
    """Match a model in which different layers share a name."""
    twins = layer_names.twins_of(evidence)
    if twins is None:
        return None
    sites = twins.sites()
    first = next(iter(twins.groups))
    return Finding(
        title=f"{len(twins.groups[first])} layers of the model are named {first!r}.",
        explanation="Every layer of a model needs a name of its own; these were made by the same lines again.",
        offenders=tuple(Offender(name, "layer") for name in layer_names.names(twins)),
        weight=0.7,
        cause=sites[0].place if sites else None,
        lines=tuple(Step(place, "makes layers of these names", None) for place in twins.calls()[-4:]),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose names that differ, or none."""
    del finding
    twins = layer_names.twins_of(evidence)
    if twins is not None:
        yield from layer_names.renamed(twins)
