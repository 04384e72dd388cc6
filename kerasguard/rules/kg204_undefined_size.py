"""A layer has to know a size that was left open.

## What it does
The weights of Dense depend on the size of its input's last axis. That size is None: it comes from axes of the Input
that were left open, through Flatten for instance.

## Why it happens
`Input((None, None, 3))` lets pictures of every size in, which convolutions can work on, Flatten and Dense cannot.

## Example
```python
x = keras.Input((None, None, 3))
y = keras.layers.Dense(10)(keras.layers.Flatten()(x))
```

## Use instead
```python
y = keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(x))
```

## When the fix is wrong
When all inputs have the same size anyway: write that size into the Input and keep Flatten.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.finding import Finding
from kerasguard.repairs import building
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import building_words

CODE = "KG204"
NAME = "undefined-size"


def matches(evidence: Evidence) -> Finding | None:
    """Match an input that is refused for this reason, decided by what would have been accepted."""
    failure = building_words.of_kind(evidence, CODE)
    if failure is None:
        return None
    layer, given = building_words.layer_name(failure), building_words.shapes(failure)
    return building_words.finding(
        failure,
        CODE,
        title=f"{layer} needs a size that is left open: it is given {given}.",
        explanation="Its weights depend on a size that is None here, since the Input leaves it open.",
        weight=0.6,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the changes of the model that were accepted when it was rebuilt with them."""
    del finding
    yield from building.candidates(evidence, CODE)
