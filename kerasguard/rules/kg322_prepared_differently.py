"""The data for validation or testing was prepared otherwise than the data for training.

## What it does
The model was trained on data of the right shape. The data that it is evaluated on, or asked to predict from, has
another one.

## Why it happens
The split comes first and the preparation later, and one of the two halves misses a step: a reshape, a scaling that
drops an axis, padding to the same length. Training runs, and only the validation or the test fails.

## Example
```python
x_train = pad_sequences(train_texts, maxlen=40)
x_test = pad_sequences(test_texts)                  # as long as the longest test text
model.fit(x_train, y_train)
model.evaluate(x_test, y_test)
```

## Use instead
```python
x_test = pad_sequences(test_texts, maxlen=40)
```

## When the fix is wrong
When the model is meant for samples of several sizes: then its Input should not name a size.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import preparation
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG322"
NAME = "prepared-differently"


def matches(evidence: Evidence) -> Finding | None:
    """Match data that does not fit where its like for training does."""
    found = preparation.unlike(evidence)
    if found is None:
        return None
    given = found.given
    trained = "numbers" if found.step is not None else f"samples of shape {words.shape(found.shape[1:])}"
    explanation = f"`{given.name}` has shape {words.shape(given.shape)}, `{found.name}` has {words.shape(found.shape)}."
    if found.step is not None:
        explanation = f"`{given.name}` holds text, `{found.name}` was made of text."
    return Finding(
        title=f"`{given.name}` was not prepared like `{found.name}`: {words.receiver(evidence)} was trained on "
        f"{trained}.",
        explanation=explanation,
        offenders=(
            given.offender(),
            Offender(found.name, "array", found.shape or None),
            *(Offender(name, "function") for name in (found.step.functions if found.step is not None else ())),
        ),
        expected=(words.expectation((given, found.want)),),
        weight=0.7,
        suspect=words.suspect(given),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the step, or the option, that only the data for training got."""
    del finding
    found = preparation.unlike(evidence)
    if found is not None:
        yield from preparation.candidates(evidence, found)
