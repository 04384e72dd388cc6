"""A Reshape's target does not hold as many entries as its input.

## What it does
Reshape only reads the same entries in another order of axes: their number stays.

## Why it happens
The target was computed for another image size, another number of poolings, or other units of the layer before.

## Example
```python
x = keras.layers.Dense(7 * 7 * 16)(z)
x = keras.layers.Reshape((8, 8, 16))(x)
```

## Use instead
```python
x = keras.layers.Reshape((7, 7, 16))(x)
```

## When the fix is wrong
When the target is right: then the layer before it gives too many or too few entries.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.building import search as building
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import building_words
from kerasguard.rules.finding import Finding

CODE = "KG205"
NAME = "reshape-total"


def matches(evidence: Evidence) -> Finding | None:
    """Match an input that is refused for this reason, decided by what would have been accepted."""
    failure = building_words.of_kind(evidence, CODE)
    if failure is None:
        return None
    layer, given = building_words.layer_name(failure), building_words.shapes(failure)
    target = getattr(failure.step.operation, "target_shape", ())
    return building_words.finding(
        failure,
        CODE,
        title=f"{layer} cannot reshape {given} to {target}.",
        explanation="The number of entries has to stay the same.",
        weight=0.7,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the changes of the model that were accepted when it was rebuilt with them."""
    del finding
    yield from building.candidates(evidence, CODE)
