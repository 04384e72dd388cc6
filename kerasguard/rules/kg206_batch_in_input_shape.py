"""The shape of the Input counts the samples.

## What it does
Keras adds the batch axis to the shape of an Input by itself. A shape that begins with the number of samples, or with
the batch size, describes something with one axis too many.

## Why it happens
`input_shape=x.shape` looks right and is not: that is the shape of all samples together.

## Example
```python
x = np.zeros((500, 28, 28, 1))
inputs = keras.Input(shape=x.shape)
```

## Use instead
```python
inputs = keras.Input(shape=x.shape[1:])
```

## When the fix is wrong
When every sample really has that many axes, a video for instance, and the layer is the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.building import search as building
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import building_words
from kerasguard.rules.finding import Finding

CODE = "KG206"
NAME = "batch-in-input-shape"


def matches(evidence: Evidence) -> Finding | None:
    """Match an input that is refused for this reason, decided by what would have been accepted."""
    failure = building_words.of_kind(evidence, CODE)
    if failure is None:
        return None
    layer, given = building_words.layer_name(failure), building_words.shapes(failure)
    return building_words.finding(
        failure,
        CODE,
        title="The shape given to the Input counts the samples: it describes all of the data, not one sample.",
        explanation=f"Keras adds the batch axis itself, so that {layer} meets {given}.",
        weight=0.8,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the changes of the model that were accepted when it was rebuilt with them."""
    del finding
    yield from building.candidates(evidence, CODE)
