"""A size is a float.

## What it does
A layer or an Input was told a size (units, filters, an entry of a shape, a window) that is no whole number in Python:
`32.0` is a float, whatever stands behind the point.

## Why it happens
`/` gives a float even where it divides evenly; `//` gives a whole number. `np.sqrt`, `np.ceil` and `2 ** -1` give
floats as well.

## Example
```python
x = layers.Dense(units / 2)(inputs)
```

## Use instead
```python
x = layers.Dense(units // 2)(inputs)
```

## When the fix is wrong
When the sizes do not divide evenly and have to be rounded up: write `-(-n // 2)` or `math.ceil(n / 2)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls
from kerasguard.repairs.symbolic import whole_numbers
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG139"
NAME = "size-is-no-whole-number"


def matches(evidence: Evidence) -> Finding | None:
    """Match a constructor of Keras that works once a float among its arguments is made whole."""
    found = whole_numbers.fractions(evidence)
    if not found:
        return None
    first = found[0]
    name = layer_calls.callee_name(first.call)
    text = " ".join(first.call.source.segment(first.node).split())
    divided = whole_numbers.is_division(first)
    return Finding(
        title=f"{name} was given a float for its {first.name}: a size has to be a whole number.",
        explanation="`/` gives a float even where it divides evenly; `//` gives a whole number."
        if divided
        else "A float is no size, even without a fraction.",
        offenders=(
            Offender(text, "float"),
            Offender(first.name, "argument"),
            Offender(name, "callable"),
            *whole_numbers.names(first),
            *layer_calls.assigned(first.call),
        ),
        expected=(Expectation(first.name, None, "int", f"{name} wants a whole number"),),
        weight=0.95,
        cause=whole_numbers.place(first),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose a whole number where it is computed."""
    del finding
    yield from whole_numbers.candidates(evidence)
