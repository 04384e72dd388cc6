"""The model is trained or evaluated without labels.

## What it does
The model was compiled with a loss, and fit or evaluate got no labels.

## Why it happens
`y` was forgotten, was None because a loader returned nothing, or data and labels were passed as one tuple or list.
Keras takes a tuple for several inputs; only datasets and generators hand out `(x, y)`.

## Example
```python
model.compile("adam", "mse")
model.fit((x, y))
```

## Use instead
```python
model.fit(x, y)
```

## When the fix is wrong
When the model makes its own loss with `add_loss`: then compile it without one.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import unlabelled
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG410"
NAME = "missing-labels"


def matches(evidence: Evidence) -> Finding | None:
    """Match training of a model with a loss on data without labels."""
    if not unlabelled.lacks_labels(evidence):
        return None
    heads = [head for head in unlabelled.heads(evidence) if head.loss is not None]
    name = evidence.written("x", (), evidence.call.x)[0] if evidence.call is not None else "x"
    return Finding(
        title=f"{words.receiver(evidence)} was compiled with a loss, and got no labels.",
        explanation="A loss compares outputs with labels; none were passed.",
        offenders=(Offender("y", "argument"), Offender(name, "data")),
        expected=tuple(Expectation(head.name, head.shape, None, "labels for this output") for head in heads),
        weight=0.8,
        suspect=words.suspect(evidence.given[0]) if evidence.given else None,
        cause=evidence.crash,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose labels that are at hand."""
    del finding
    yield from unlabelled.candidates(evidence)
