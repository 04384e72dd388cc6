"""The model's Input was given another shape than the samples have.

## What it does
The data has a batch axis and samples, and the shape that the model was built on is that of something else.

## Why it happens
The shape was copied from another array or an older version of the data: a column was added, steps and features changed
places, the pictures have another size.

## Example
```python
x = table[["age", "income", "loans"]].to_numpy()           # (n, 3)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.fit(x, y)
```

## Use instead
```python
model = keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Dense(1)])
```

## When the fix is wrong
When the model is right and the data was prepared otherwise than the model's author meant: mend the data.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import model_inputs
from kerasguard.repairs.data import search as data
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG310"
NAME = "input-of-other-shape"


def matches(evidence: Evidence) -> Finding | None:
    """Match one input whose samples have as many axes as the Input and other sizes."""
    wrong = data.misfits(evidence)
    if len(wrong) != 1:
        return None
    given, want = wrong[0]
    if given.shape is None or want.shape is None or len(given.shape) != len(want.shape):
        return None
    at = model_inputs.written(evidence, want)
    if at is None:
        return None
    return words.data_finding(
        evidence,
        wrong,
        title=f"The Input of {words.receiver(evidence)} has another shape than the samples in `{given.name}`.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}, the Input {words.shape(want.shape)}.",
        weight=0.4,
        cause=at[0].source.place(at[1]),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the shape of a sample for the Input."""
    del finding
    yield from model_inputs.candidates(evidence, data.misfits(evidence))
