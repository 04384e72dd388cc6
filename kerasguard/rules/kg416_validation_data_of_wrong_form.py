"""`validation_data` is not made of data and labels.

## What it does
What was passed for validation is one array, or a tuple of another length than two or three.

## Why it happens
`fit` takes data and labels as two arguments, and for validation as one tuple. Without its parentheses, with the data
alone, or with further arrays in it, Keras cannot tell which is which; it often notices only after the first epoch.

## Example
```python
model.fit(x, y, validation_data=x_val)
```

## Use instead
```python
model.fit(x, y, validation_data=(x_val, y_val))
```

## When the fix is wrong
There is none to try: only you know which array holds the labels.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import validation, validation_parts
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG416"
NAME = "validation-data-of-wrong-form"


def matches(evidence: Evidence) -> Finding | None:
    """Match validation data without labels, or of too many parts, where training itself has both."""
    count = validation.parts(evidence)
    call = evidence.call
    if count is None or call is None:
        return None
    name = evidence.written(validation.SLOT, (), call.validation_data)[0]
    what = (
        "is one array"
        if count == 1 and not isinstance(call.validation_data, tuple | list)
        else f"has {count} part{'s' * (count != 1)}"
    )
    return Finding(
        title=f"`{name}`, passed as validation_data, {what}; {words.receiver(evidence)} wants data and labels.",
        explanation="It is a tuple of two, the data and the labels, or of three with the weights of the samples.",
        offenders=(Offender(validation.SLOT, "argument"), Offender(name, "data")),
        expected=(Expectation(validation.SLOT, None, None, "(x, y) or (x, y, sample_weight)"),),
        weight=0.85,
        cause=evidence.crash,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the labels that belong to the data, where the program has them, or another nesting."""
    del finding
    yield from validation_parts.candidates(evidence)
