"""An `Input` was given data.

## What it does
`Input(tensor=...)` or `Input(shape=...)` got an array or a tensor with values.

## Why it happens
An Input stands for data that comes later; it is made from a shape. Older Keras could wrap a constant tensor in an
Input; today a constant is either fed like all data, or belongs into a layer.

## Example
```python
table = keras.Input(tensor=tf.constant(numbers))
```

## Use instead
```python
table = keras.Input(shape=numbers.shape[1:])
```

## When the fix is wrong
When the data should be part of the model: keep it in a layer of your own.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls
from kerasguard.repairs.symbolic import input_arguments
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG130"
NAME = "input-given-data"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing Input among whose arguments is data."""
    found = input_arguments.data_argument(evidence)
    if found is None:
        return None
    call, (_, node, value) = found
    text = call.source.segment(node)
    return Finding(
        title=f"Input was given the data `{text}`; it is made from a shape.",
        explanation="An Input stands for data that is passed when the model is called.",
        offenders=(
            Offender(text, "data", layer_calls.shape_of(value)),
            *layer_calls.assigned(call),
        ),
        weight=0.9,
        suspect=Suspect(node, call.scope, None, text),
        cause=call.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose an Input of the data's shape."""
    del finding
    found = input_arguments.data_argument(evidence)
    if found is not None:
        yield from input_arguments.of_its_shape(*found)
