"""The model gives an output for every step, the labels are one for each sequence.

## What it does
The output has an axis of steps (or places) that the labels do not have, and the loss repeats the labels along it.
Nothing is raised.

## Why it happens
A recurrent layer with `return_sequences=True` returns every step. As the last of its kind, before a `Dense`, it makes
the model predict once for each step; axes of size one are repeated until the shapes agree.

## Example
```python
model.add(LSTM(32, return_sequences=True))
model.add(Dense(1))                            # (n, steps, 1)
model.compile("adam", "mse")
model.fit(x, y)                                # y is (n, 1)
```

## Use instead
```python
model.add(LSTM(32))
model.add(Dense(1))                            # (n, 1)
```

## When the fix is wrong
When every step has a label of its own: then the labels need the axis of steps.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence.situation import Situation
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import loss_shapes
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG703"
NAME = "labels-broadcast-over-time"
OCCASIONS = frozenset({"loss"})


def warns(situation: Situation) -> Finding | None:
    """Warn of labels that are repeated along an axis between the batch axis and the last one."""
    seen = situation.seen
    if seen is None or loss_shapes.growth(situation) != "steps":
        return None
    made = loss_shapes.sequences(situation) or loss_shapes.maker(situation)
    return Finding(
        title=f"The loss compares labels {words.shape(seen.true)} with an output {words.shape(seen.pred)}: "
        "they are repeated along an axis that only one of them has.",
        explanation="Every step of the output is trained towards the same label.",
        offenders=loss_shapes.offenders(situation, seen),
        expected=loss_shapes.expected(seen),
        suspect=situation.label_suspect(),
        cause=made.source.place(made.call) if made is not None else None,
    )


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose the last step alone."""
    del finding
    made = loss_shapes.sequences(situation)
    node = made.argument("return_sequences") if made is not None else None
    if made is not None and isinstance(node, ast.Constant) and node.value is True:
        edit = edits.replace(made.source, node, "False")
        yield Candidate("return the last step only", (edit,), cost=0.8, cause=made.source.place(made.call), exact=False)
