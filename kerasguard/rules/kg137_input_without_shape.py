"""An Input was made without the shape of its samples.

## What it does
`Input()` got none of `shape`, `batch_shape`, `tensor` and `type_spec`, or None for it: Keras does not know how many
axes the data has.

## Why it happens
A name or a batch size alone looks enough, or the shape comes from a default that is None.

## Example
```python
inputs = keras.Input(name="table")
```

## Use instead
```python
inputs = keras.Input(shape=(7,), name="table")
```

## When the fix is wrong
When the Input stands for other data than the one array that the program holds.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls
from kerasguard.repairs.symbolic import arguments, input_arguments
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG137"
NAME = "input-without-shape"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing Input that was told nothing of the shape of its samples."""
    call = input_arguments.shapeless(evidence)
    if call is None or arguments.unknown(evidence):
        return None
    given = [name for name, _, value in call.nodes() if value is None]
    name = layer_calls.callee_name(call)
    return Finding(
        title=f"{name} is made without the shape of a sample" + (f": {given[0]} is None." if given else "."),
        explanation="It needs the sizes of all axes but the batch; None for those that differ between batches.",
        offenders=(
            Offender(name, "callable"),
            *layer_calls.assigned(call),
            *(Offender(call.source.segment(node), "none") for _, node, value in call.nodes() if value is None),
        ),
        expected=(Expectation("shape", None, None, f"{name} wants a tuple of sizes"),),
        weight=0.85,
        cause=call.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the shape of the one array that the program holds."""
    del finding
    call = input_arguments.shapeless(evidence)
    if call is not None:
        yield from input_arguments.of_the_data(evidence, call)
