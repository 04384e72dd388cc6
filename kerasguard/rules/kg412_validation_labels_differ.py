"""The labels for validation are not like those for training.

## What it does
The labels for training fit the output and its loss, those in `validation_data` do not.

## Why it happens
The split comes first and the encoding later, and one of the two halves is forgotten. Training then runs to the end of
the first epoch, and only the validation fails.

## Example
```python
y_train = keras.utils.to_categorical(y_train, 10)
model.fit(x_train, y_train, validation_data=(x_val, y_val))
```

## Use instead
```python
y_train = keras.utils.to_categorical(y_train, 10)
y_val = keras.utils.to_categorical(y_val, 10)
model.fit(x_train, y_train, validation_data=(x_val, y_val))
```

## When the fix is wrong
When another array holds the labels for validation in the right form.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, validation
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG412"
NAME = "validation-labels-differ"


def matches(evidence: Evidence) -> Finding | None:
    """Match validation data whose labels, alone, do not fit the output."""
    found = validation.differing(evidence)
    if found is None:
        return None
    wrong, right = found
    return Finding(
        title=f"The labels for validation `{wrong.given.name}` have shape {words.shape(wrong.given.shape)}, "
        f"those for training {words.shape(right.given.shape)}.",
        explanation=f"The output has shape {words.shape(right.head.shape)}: the labels for training fit it.",
        offenders=(
            wrong.given.offender(),
            Offender(validation.SLOT, "argument"),
            right.given.offender(),
        ),
        expected=(demands.expectation(wrong, right.given.shape, "like the labels for training"),),
        weight=0.9,
        suspect=words.suspect(wrong.given),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose for validation what was done with the labels for training."""
    del finding
    found = validation.differing(evidence)
    if found is not None:
        yield from validation.candidates(evidence, *found)
