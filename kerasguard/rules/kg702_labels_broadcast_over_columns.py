"""Labels and output have a different number of columns, and the loss repeats the one with one column.

## What it does
A loss compares element by element, labels (n, 3) and an output (n, 1) for example. Nothing is raised.

## Why it happens
An axis of size one is repeated until the shapes agree. The one unit is trained towards three numbers at once and
learns their mean; three units are all trained towards the same number.

## Example
```python
model.add(Dense(1))
model.compile("adam", "mse")
model.fit(x, y)                     # y is (n, 3)
```

## Use instead
```python
model.add(Dense(3))
```

## When the fix is wrong
When the labels have columns that are no targets: then leave those out of `y`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence.situation import Situation
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import loss_shapes
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG702"
NAME = "labels-broadcast-over-columns"
OCCASIONS = frozenset({"loss"})


def warns(situation: Situation) -> Finding | None:
    """Warn of labels and an output of which one has a single column."""
    seen = situation.seen
    if seen is None or loss_shapes.growth(situation) != "columns":
        return None
    made = loss_shapes.maker(situation)
    return Finding(
        title=f"The loss compares labels {words.shape(seen.true)} with an output {words.shape(seen.pred)}: "
        "the single column is repeated.",
        explanation="Each number of the one side is compared with several of the other.",
        offenders=loss_shapes.offenders(situation, seen),
        expected=loss_shapes.expected(seen),
        suspect=situation.label_suspect(),
        cause=made.source.place(made.call) if made is not None else None,
    )


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose as many units as there are columns."""
    del finding
    yield from loss_shapes.resized(situation)
