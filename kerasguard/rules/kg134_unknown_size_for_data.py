"""None was used as a size of real data.

## What it does
`tf.ones((None, 64))` or `np.zeros((None, 3))` cannot be made: data has a size along every axis.

## Why it happens
The shape was copied from a model, where None stands for a size that is not known yet, usually that of the batch. Only a
symbolic tensor can leave it open.

## Example
```python
probe = tf.ones((None, 64))
```

## Use instead
```python
probe = tf.ones((1, 64))
```

## When the fix is wrong
When a symbolic tensor was meant: `keras.Input(shape=(64,))`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls
from kerasguard.repairs.symbolic import unknown_sizes
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG134"
NAME = "unknown-size-for-data"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing function of TensorFlow or NumPy that got a shape with None in it."""
    found = unknown_sizes.open_shape(evidence)
    if found is None:
        return None
    call, node, shape = found
    text = call.source.segment(node)
    name = call.source.segment(call.node.func)
    return Finding(
        title=f"{name} makes data, and data has no unknown size: {text} is {shape}.",
        explanation="None stands for an open size in the shape of a model's tensor, usually the batch.",
        offenders=(Offender(text, "shape", shape), Offender(name, "function"), *layer_calls.assigned(call)),
        weight=0.85,
        suspect=Suspect(node, call.scope, None, text),
        cause=call.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose data with one row, or an Input."""
    del finding
    found = unknown_sizes.open_shape(evidence)
    if found is not None:
        yield from unknown_sizes.candidates(*found)
