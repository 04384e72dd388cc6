"""The arguments of an `Input` exclude each other.

## What it does
`Input` got `shape` together with `batch_shape`, `sparse` with `ragged`, or `type_spec` with others.

## Why it happens
Some of its arguments are different ways to say the same: `shape` leaves the batch axis out, `batch_shape` holds it.

## Example
```python
inputs = keras.Input(shape=(32,), batch_shape=(None, 32))
```

## Use instead
```python
inputs = keras.Input(shape=(32,))
```

## When the fix is wrong
When the other one of the two was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls
from kerasguard.repairs.symbolic import arguments, input_arguments
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG131"
NAME = "input-arguments-exclude-each-other"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing Input that works when one of its arguments is left out."""
    call = input_arguments.input_call(evidence)
    if call is None or len(call.kwargs) + len(call.args) < 2:
        return None
    if (
        arguments.unknown(evidence)
        or input_arguments.data_argument(evidence)
        or input_arguments.number_argument(evidence)
    ):
        return None
    working = [one for one in arguments.dropped(call) if one.check is not None and one.check().accepted]
    if not working:
        return None
    names = [str(keyword.arg) for keyword in call.node.keywords if keyword.arg not in ("name", "dtype")]
    return Finding(
        title=f"Input cannot take {', '.join(names)} together.",
        explanation=f"To mend it: {working[0].title}.",
        offenders=(*layer_calls.assigned(call), *(Offender(name, "argument") for name in names)),
        weight=0.8,
        cause=call.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to leave one out."""
    del finding
    call = input_arguments.input_call(evidence)
    if call is not None:
        yield from arguments.dropped(call)
