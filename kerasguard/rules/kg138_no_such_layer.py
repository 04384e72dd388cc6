"""A layer is looked up in a model by a name or an index that no layer there has.

## What it does
`model.get_layer(...)` finds nothing: none of the model's own layers has that name, or it has fewer layers.

## Why it happens
Keras numbers the layers that are given no name (`conv2d`, `conv2d_1`, ...) through the whole program, so a second model
has other numbers. A model used as a layer keeps its layers to itself. A number passed first is taken for a name.

## Example
```python
base = keras.Sequential([keras.Input((16,)), layers.Dense(8, name="hidden")])
features = keras.Model(base.inputs, base.get_layer("hiden").output)
```

## Use instead
```python
features = keras.Model(base.inputs, base.get_layer("hidden").output)
```

## When the fix is wrong
When another layer was meant: `model.summary()` lists them with their names.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import lookups
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG138"
NAME = "no-such-layer"
MOST = 8


def matches(evidence: Evidence) -> Finding | None:
    """Match a lookup that found nothing."""
    found = lookups.failed_lookup(evidence)
    if found is None:
        return None
    names = found.names
    asked = f"{len(names)} layers, none at index {found.asked}" if found.by_index else f"no layer named {found.asked!r}"
    shown = ", ".join(repr(name) for name in names[:MOST]) + (", ..." if len(names) > MOST else "")
    inner = lookups.nested(found)
    told = f"Its layer {inner.name!r} is a model, and has it." if inner is not None else f"It has {shown}."
    named = [inner.name] if inner is not None else lookups.alike(found) if not found.by_index else []
    return Finding(
        title=f"Model {found.model.name!r} has {asked}.",
        explanation=told,
        offenders=(
            Offender(str(found.asked), "layer"),
            Offender(found.model.name, "model"),
            *(Offender(name, "layer") for name in named),
        ),
        weight=0.9,
        cause=found.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose a layer that is there."""
    del finding
    found = lookups.failed_lookup(evidence)
    if found is not None:
        yield from lookups.candidates(found)
