"""The tensors are right, the way they are handed to the layer is not.

## What it does
Two tensors were given as two arguments to a layer that takes one list (`Concatenate()(a, b)`), or a list was given to
a layer that takes one tensor, or several by name.

## Why it happens
Merging layers take all their inputs as one list, because there may be any number of them; the second argument of most
other layers is something else, such as a mask.

## Example
```python
merged = layers.Concatenate()(left, right)
```

## Use instead
```python
merged = layers.Concatenate()([left, right])
```

## When the fix is wrong
When only one of the tensors was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import failing_call
from kerasguard.repairs.graph import layer_calls, packing
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG122"
NAME = "inputs-packed-wrongly"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing layer call that another packing of the same tensors makes acceptable."""
    candidates = [one for one in packing.rearranged(evidence) if one.check is not None and one.check().accepted]
    call = failing_call(evidence)
    if not candidates or call is None:
        return None
    layer = call.function
    return Finding(
        title=f"Layer {layer.name!r} ({type(layer).__name__}) takes its tensors in another packing.",
        explanation=f"To mend it: {candidates[0].title}.",
        offenders=(
            *(
                Offender(call.source.segment(node), "keras", layer_calls.shape_of(value))
                for _, node, value in call.nodes()
            ),
            Offender(layer.name, "layer"),
            *layer_calls.assigned(call),
        ),
        weight=0.8,
        suspect=Suspect(call.node.args[0], call.scope) if call.node.args else None,
        cause=call.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the packing that works."""
    del finding
    yield from packing.rearranged(evidence)
