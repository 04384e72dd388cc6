"""The outputs of a model are not computed from its inputs.

## What it does
Every output has to be computed from the Inputs that the model lists. Here a listed Input feeds nothing, and the outputs
come from another Input.

## Why it happens
Two Inputs that look alike were made, since every call of `Input` makes a new one; `x = base.output` continues from
the base model's own Input and throws away what was made from the new one; two models were glued together by their
`.input` and `.output` without calling one on the other.

## Example
```python
inputs = keras.Input((32, 32, 3))
x = keras.layers.Rescaling(1 / 255)(inputs)
x = base.output
model = keras.Model(inputs, keras.layers.Dense(2)(x))
```

## Use instead
```python
x = base(x)
```

## When the fix is wrong
When the new Input was not needed at all: then list the Input of the other model.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import connections
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG111"
NAME = "inputs-not-connected"
OCCASIONS = frozenset({"model"})  # a Keras that makes such a model raises only when it is called


def matches(evidence: Evidence) -> Finding | None:
    """Match a model with a listed Input that feeds nothing and an output that comes from another one."""
    cut = connections.cut_of(evidence)
    if cut is None or not cut.wiring.unused:
        return None
    listed = ", ".join(f"`{cut.listed(tensor)[0]}`" for tensor in cut.wiring.unused)
    return Finding(
        title=f"The output is not computed from {listed}, but from another Input.",
        explanation=(
            f"{listed} feeds nothing that leads to the outputs. They come from an Input of shape "
            f"{connections.shape(cut.wiring.loose[0])} that the model does not list."
        ),
        offenders=tuple(Offender(name, "tensor") for name in connections.names(cut)),
        weight=0.8,
    )


warns = matches


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to call the other model, to use one Input in both places, or to list the right one."""
    del finding
    cut = connections.cut_of(evidence)
    if cut is not None:
        yield from connections.called_models(cut)
        yield from connections.replaced(cut)
