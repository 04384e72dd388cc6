"""A model or layer was asked for a symbolic input or output that it does not have.

## What it does
`model.input`, `model.output` or `layer.output` of something that was never called on an Input: a subclassed model, a
Sequential without an Input, a layer that was only made.

## Why it happens
Only a functional model (and a Sequential with an Input) has one graph with one input and one output. A subclassed
model runs Python code anew at every call; it has no symbolic output until it is called on an Input.

## Example
```python
encoder = Encoder()
model = keras.Model(encoder.input, layers.Dense(2)(encoder.output))
```

## Use instead
```python
encoder = Encoder()
inputs = keras.Input(shape=(32,))
model = keras.Model(inputs, layers.Dense(2)(encoder(inputs)))
```

## When the fix is wrong
When an inner tensor of the model is needed: build the model with the functional API.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.graph import graphless
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG128"
NAME = "model-without-graph"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing access to the symbolic input or output of a layer or model."""
    found = graphless.asked(evidence)
    if found is None:
        return None
    text = found.source.segment(found.node.value)
    kind = type(found.value).__name__
    return Finding(
        title=f"`{text}` ({kind}) has no symbolic `{found.node.attr}`: it was never called on a symbolic tensor.",
        explanation="Only what was called on a keras.Input has a graph with inputs and outputs.",
        offenders=(
            Offender(text, "model"),
            Offender(str(getattr(found.value, "name", "")), "layer"),
            Offender(kind, "class"),
        ),
        weight=0.85,
        suspect=Suspect(found.node.value, found.scope, None, text),
        cause=statement_place(found.source, found.node),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose an Input, and to call the model on it."""
    del finding
    found = graphless.asked(evidence)
    if found is not None:
        yield from graphless.candidates(found)
