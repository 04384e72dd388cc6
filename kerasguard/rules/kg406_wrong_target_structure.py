"""A model with several outputs is given labels in another structure.

## What it does
The number of arrays of labels is not the number of outputs.

## Why it happens
A model with two outputs wants two arrays of labels, in a list in the order of the outputs or in a dict under their
names. One array with both side by side is one array, and older releases used it for every output without a word.

## Example
```python
model = keras.Model(inputs, [age, gender])
model.fit(x, np.concatenate([ages, genders], axis=1))
```

## Use instead
```python
model.fit(x, [ages, genders])
```

## When the fix is wrong
When the model was meant to have a single output.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, targets
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG406"
NAME = "wrong-target-structure"


def matches(evidence: Evidence) -> Finding | None:
    """Match labels that are not one for each output with a loss."""
    if not targets.structure_differs(evidence):
        return None
    given, heads = demands.labels(evidence), demands.heads(evidence)
    known = {one.name for one in given}
    return Finding(
        title=f"{words.receiver(evidence)} has {len(heads)} output(s), and was given {len(given)} array(s) of labels.",
        explanation="Each output with a loss wants labels of its own, listed in the order of the outputs, or by name.",
        offenders=(
            *(one.offender() for one in given),
            *(Offender(head.name, "output", head.shape) for head in heads if head.name not in known),
        ),
        expected=tuple(Expectation(head.name, head.shape, None, "an output of the model") for head in heads),
        weight=0.85,
        suspect=words.suspect(given[0]),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose one array of labels for each output."""
    del finding
    yield from targets.candidates(evidence)
