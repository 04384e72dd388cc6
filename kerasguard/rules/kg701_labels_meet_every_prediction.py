"""In a hand-written loss, labels (n,) meet an output (n, 1).

## What it does
Inside a gradient tape, labels of shape (n,) and a model's output of shape (n, 1) are subtracted, multiplied or
compared. Nothing is raised.

## Why it happens
Shapes are aligned from the right: (n,) counts as one row of n columns, (n, 1) as n rows. The result has n x n values,
every label against every prediction. Its mean is smallest when all predictions are the mean of the labels, so the
model learns just that. The losses of Keras add the missing axis; a loss written by hand has to.

## Example
```python
pred = model(x)                                   # (n, 1)
loss = tf.reduce_mean(tf.square(y - pred))        # y is (n,)
```

## Use instead
```python
loss = tf.reduce_mean(tf.square(y[:, tf.newaxis] - pred))
```

## When the fix is wrong
When every label is meant to meet every prediction: then write the axes, `y[tf.newaxis, :] - pred`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kerasguard import edits
from kerasguard.adapters.specs import Spec
from kerasguard.finding import Finding, Suspect
from kerasguard.provenance.values import shape_of
from kerasguard.repairs import writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.operations import broadcasts
from kerasguard.rules import words
from kerasguard.situation import Situation, written
from kerasguard.vocabulary import Expectation, Offender, Shape

CODE = "KG701"
NAME = "labels-meet-every-prediction"
OCCASIONS = frozenset({"tape"})
PATTERN = {"numpy": "{}[:, np.newaxis]", "tensor": "{}[:, tf.newaxis]"}


def _without_axis(value: Any) -> bool | None:
    """Tell whether labels have no axis beside that of the rows, or of single rows of a dataset none at all."""
    sizes = value.shape if isinstance(value, Spec) else shape_of(value)
    return None if sizes is None else len(sizes) <= 1


def warns(situation: Situation) -> Finding | None:
    """Warn of an operation whose result has a value for each pair of label and prediction."""
    found = broadcasts.in_tape(*situation.here)
    if found is None:
        return None
    source = found.scope.source
    labels, output = ((source.segment(node) if source is not None else "") for node in (found.labels, found.output))
    given, made = found.shapes
    result: Shape = (made[0], given[0])
    return Finding(
        title=f"`{labels}` {words.shape(given)} and `{output}` {words.shape(made)} give {words.shape(result)}: "
        "every label meets every prediction.",
        explanation="Shapes are aligned from the right. A loss of these differences makes the model predict the mean.",
        offenders=(Offender(labels, "labels", given), Offender(output, "output", made)),
        expected=(Expectation(labels, made, None, f"as {found.model.name!r} returns"),),
        suspect=_handed_over(situation, found) or Suspect(found.labels, found.scope, _without_axis, labels),
        notes={"meeting": found},
    )


def _handed_over(situation: Situation, found: broadcasts.Meeting) -> Suspect | None:
    """Return the labels as `fit` was given them, where they reach a training step of the user's own through it."""
    if situation.around is None or not broadcasts.passed_in(found.labels, found.scope):
        return None
    given = [one for one in situation.around.everything if one.slot == "y"]
    return written(given[0], _without_axis) if len(given) == 1 and _without_axis(given[0].spec) else None


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose to give the labels the missing axis where they meet the output."""
    del situation
    found: broadcasts.Meeting = finding.notes["meeting"]
    source = found.scope.source
    if source is not None:
        text, imports = writing.pattern(source, "eager", PATTERN)
        edit = edits.wrap(source, found.labels, text)
        yield Candidate("add the missing axis to the labels", (*imports, edit), cost=0.8, exact=False)
