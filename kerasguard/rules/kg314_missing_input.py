"""A model with several inputs is given one array too few.

## What it does
The model was made with a list of inputs; every call has to pass one array for each of them, in that order.

## Why it happens
An input was added to the model and not to the calls, or an array was prepared and forgotten.

## Example
```python
model = keras.Model([anchor, positive, negative], margin)
model.fit([anchors, positives], y)
```

## Use instead
```python
model.fit([anchors, positives, negatives], y)
```

## When the fix is wrong
When the model should not have that input: leave it out of the list with which the model is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import missing_inputs
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG314"
NAME = "missing-input"


def matches(evidence: Evidence) -> Finding | None:
    """Match lists of tensors that are one short of the model's inputs."""
    if not missing_inputs.one_missing(evidence):
        return None
    names = missing_inputs.missing(evidence)
    fills = missing_inputs.fills(evidence)[:1]
    given, wanted = len(evidence.given), len(evidence.wanted)
    return Finding(
        title=f"{words.receiver(evidence)} has {wanted} inputs and is given {given}; '{names[0]}' seems to be missing.",
        explanation="Every call has to pass one tensor for each input, in the order in which the model lists them.",
        offenders=(
            *(one.offender() for one in evidence.given),
            *(Offender(name, "input") for name in names),
            *(Offender(one.name, "variable", None) for one in fills),
        ),
        expected=tuple(Expectation(want.name, want.display, want.dtype, want.why) for want in evidence.wanted),
        weight=0.5,
        cause=evidence.crash,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the array of the program that suits the missing input."""
    del finding
    yield from missing_inputs.candidates(evidence)
