"""A tensor was given to the constructor of a layer.

## What it does
The tensor stands between the parentheses that make the layer: `GlobalMaxPooling2D(x)` or `Dense(10, x)`.

## Why it happens
A layer is made first and called afterwards. The constructor takes its settings; it takes a tensor for one of them,
and says so in the words of that setting (`data_format`, `activation`, `axis`), or says nothing until the layer is
used.

## Example
```python
x = layers.Conv2D(8, 3)(inputs)
x = layers.GlobalMaxPooling2D(x)
```

## Use instead
```python
x = layers.Conv2D(8, 3)(inputs)
x = layers.GlobalMaxPooling2D()(x)
```

## When the fix is wrong
When another tensor should go through the layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG121"
NAME = "tensor-given-to-constructor"


def matches(evidence: Evidence) -> Finding | None:
    """Match a constructor of a layer that got a symbolic tensor among its settings."""
    found = layer_calls.constructed_with_tensors(evidence)
    if found is None:
        return None
    call, given = found
    name = layer_calls.callee_name(call)
    first = given[0]
    text = call.source.segment(first[1])
    return Finding(
        title=f"`{text}` was given to the constructor of {name}, not to the layer.",
        explanation=f"{name}(...) makes the layer; call what it returns on the tensor.",
        offenders=(
            *(Offender(call.source.segment(node), "keras", layer_calls.shape_of(value)) for _, node, value in given),
            *layer_calls.assigned(call),
            Offender(name, "layer"),
        ),
        weight=0.9,
        suspect=Suspect(first[1], call.scope, None, text),
        cause=call.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to make the layer without the tensor and to call it on the tensor."""
    del finding
    found = layer_calls.constructed_with_tensors(evidence)
    if found is not None:
        yield from layer_calls.call_on_given(*found)
