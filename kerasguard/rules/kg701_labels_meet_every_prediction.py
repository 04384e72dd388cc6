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

from collections.abc import Callable, Iterator
from typing import Any

from kerasguard.adapters.specs import Spec
from kerasguard.evidence.situation import Situation, written
from kerasguard.provenance.values import shape_of
from kerasguard.repairs import edits, writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import meetings
from kerasguard.rules import words
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Expectation, Offender, Shape

CODE = "KG701"
NAME = "labels-meet-every-prediction"
OCCASIONS = frozenset({"tape", "loss"})
ADDING = {"numpy": "{}[:, np.newaxis]", "tensor": "{}[:, tf.newaxis]"}
DROPPING = {"numpy": "{}[:, 0]", "tensor": "{}[:, 0]"}


def _of_rank(rank: int) -> Callable[[Any], bool | None]:
    """Return the property of labels to have so many axes (single rows of a dataset have one axis fewer)."""

    def has(value: Any) -> bool | None:
        if isinstance(value, Spec):
            return None if value.shape is None else len(value.shape) <= rank
        sizes = shape_of(value)
        return None if sizes is None else len(sizes) == rank or len(sizes) == rank - 1 == 0

    return has


def warns(situation: Situation) -> Finding | None:
    """Warn of an operation whose result has a value for each pair of label and prediction."""
    found = _meeting(situation)
    if found is None:
        return None
    labels, output = (found.source.segment(node) for node in (found.labels, found.output))
    given, made = found.shapes
    result: Shape = (made[0], given[0])
    return Finding(
        title=f"`{labels}` {words.shape(given)} and `{output}` {words.shape(made)} give {words.shape(result)}: "
        "every label meets every prediction.",
        explanation="Shapes are aligned from the right. A loss of these differences makes the model predict the mean.",
        offenders=(Offender(labels, "labels", given), Offender(output, "output", made), *_given(situation, found)),
        expected=(Expectation(labels, made, None, "the shape of the output"),),
        suspect=_handed_over(situation, found) or _at_meeting(found, labels),
        cause=found.source.place(found.node),
        notes={"meeting": found},
    )


def _meeting(situation: Situation) -> meetings.Meeting | None:
    """Return where they meet: the graph of a traced function tells all, of what runs at once the source has to tell."""
    if situation.graph is not None:
        return meetings.in_graph(situation.graph, situation.scopes)
    if "tape" in situation.occasions:
        return meetings.in_tape(*situation.here)
    seen = situation.seen
    if seen is None or seen.name is not None or seen.true is None or seen.pred is None:
        return None
    return meetings.in_loss(seen.loss, seen.true, seen.pred)


def _given(situation: Situation, found: meetings.Meeting) -> tuple[Offender, ...]:
    """Return the labels under the name that they were handed to `fit` with."""
    suspect = _handed_over(situation, found)
    return () if suspect is None or not suspect.name else (Offender(suspect.name, "labels"),)


def _at_meeting(found: meetings.Meeting, labels: str) -> Suspect | None:
    if found.scope is None:
        return None
    return Suspect(found.labels, found.scope, _of_rank(len(found.shapes[0])), labels)


def _handed_over(situation: Situation, found: meetings.Meeting) -> Suspect | None:
    """Return the labels as `fit` was given them, where they reach a training step of the user's own through it."""
    call = situation.around or (situation if situation.event.entry != "none" else None)
    if call is None or (found.scope is not None and not meetings.passed_in(found.labels, found.scope)):
        return None
    has = _of_rank(len(found.shapes[0]))
    given = [one for one in call.everything if one.slot == "y"]
    return written(given[0], has) if len(given) == 1 and has(given[0].spec) else None


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose to give the labels the shape of the output where they meet it."""
    del situation
    found: meetings.Meeting = finding.notes["meeting"]
    adds = len(found.shapes[0]) == 1
    text, imports = writing.pattern(found.source, "eager", ADDING if adds else DROPPING)
    edit = edits.wrap(found.source, found.labels, text)
    title = "add the missing axis to the labels" if adds else "take the axis of one from the labels"
    place = found.source.place(found.node)
    yield Candidate(title, (*imports, edit), cost=0.8, cause=place, exact=False)
