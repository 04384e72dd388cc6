"""A recurrent layer gets sequences of one step.

## What it does
Data of shape (n, 1, k) reaches the recurrent layers of a model: a sequence of a single step with k features. Nothing
is raised.

## Why it happens
Recurrent layers want (samples, steps, features). Where a table (n, k) is given its third axis in the middle, the k
values of a row become features of one step. With one step there is nothing to remember: no recurrent weight is ever
used.

## Example
```python
x = series.reshape(-1, 1, 10)          # ten days as ten features of one step
model.fit(x, y)                        # LSTM
```

## Use instead
```python
x = series.reshape(-1, 10, 1)          # ten steps with one feature
```

## When the fix is wrong
When a row really is one step: then a `Dense` layer does the same for less.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import unnoticed
from kerasguard.evidence import Given
from kerasguard.evidence.situation import Situation
from kerasguard.provenance.values import shape_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG712"
NAME = "sequence-of-length-one"
OCCASIONS = frozenset({"call"})
RANK = 3


def warns(situation: Situation) -> Finding | None:
    """Warn where all recurrent layers see one step, because the data has but one."""
    if not situation.training:
        return None
    layers = list(unnoticed.recurrent(situation.event.owner))
    if not layers or not all(_one_step(layer, shapes) for layer, shapes in layers):
        return None
    given = next((one for one in situation.given if _is_one_step(one.shape)), None)
    if given is None:
        return None
    sizes = given.shape or ()
    return Finding(
        title=f"`{given.name}` {words.shape(sizes)} holds sequences of one step for layer {layers[0][0].name!r}.",
        explanation="Axis 1 is the axis of steps. With a single step a recurrent layer has nothing to remember.",
        offenders=(given.offender(), *(Offender(str(layer.name), "layer") for layer, _ in layers)),
        expected=(Expectation(given.name, (sizes[0], None, None), None, "samples, steps, features"),),
        suspect=_suspect(given),
    )


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose nothing: whether the features are the steps is not in the shapes."""
    del situation, finding
    yield from ()


def _one_step(layer: Any, shapes: list[Any]) -> bool:
    """Return whether a layer was only called on single steps, with no state from elsewhere."""
    if unnoticed.keeps_state(layer) or len(shapes) != 1:
        return False
    shape = shapes[0]
    return bool(shape) and len(shape) >= RANK and shape[1] == 1


def _is_one_step(shape: Any) -> bool:
    return shape is not None and len(shape) >= RANK and shape[1] == 1 and any((size or 0) > 1 for size in shape[2:])


def _suspect(given: Given) -> Any:
    return words.suspect(given, lambda value: None if (sizes := shape_of(value)) is None else _is_one_step(sizes))
