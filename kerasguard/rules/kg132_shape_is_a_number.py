"""A shape was given as a number.

## What it does
`Input(shape=32)`, `Reshape(10)` or `input_shape=(784)` got an int where a tuple of sizes belongs.

## Why it happens
Parentheses alone make no tuple in Python: `(784)` is the number 784, `(784,)` is a shape with one axis.

## Example
```python
inputs = keras.Input(shape=(784))
```

## Use instead
```python
inputs = keras.Input(shape=(784,))
```

## When the fix is wrong
When the samples have more axes than one.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls
from kerasguard.repairs.symbolic import input_arguments
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG132"
NAME = "shape-is-a-number"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing constructor that got a number for a shape."""
    found = input_arguments.number_argument(evidence)
    if found is None:
        return None
    call, (where, node, value) = found
    text = call.source.segment(node)
    name = layer_calls.callee_name(call)
    return Finding(
        title=f"{name} was given the number {text} where a shape belongs.",
        explanation="A shape is a tuple, also with a single axis; the comma makes the tuple.",
        offenders=(
            Offender(text, "int"),
            Offender(str(where), "argument"),
            Offender(name, "callable"),
            *layer_calls.assigned(call),
        ),
        expected=(Expectation("shape", (value,), None, f"{name} wants a tuple"),),
        weight=0.9,
        suspect=Suspect(node, call.scope, None, text),
        cause=call.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the tuple."""
    del finding
    found = input_arguments.number_argument(evidence)
    if found is not None:
        yield from input_arguments.as_tuple(*found)
