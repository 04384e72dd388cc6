"""The data holds no samples.

## What it does
The first axis of an array that was passed as data or labels has the size 0, or a dataset has no elements.

## Why it happens
A filter lets nothing through, a pattern for file names matches no file, a slice begins behind the end. NumPy is content
with an array without rows; the error comes later and speaks of something else. A dataset that drops the remainder has
no batch at all while there are fewer rows than one batch takes.

## Example
```python
images = np.array([read(name) for name in glob.glob("picture/*.png")])     # no such folder: (0,)
model.predict(images)
```

## Use instead
```python
names = glob.glob("pictures/*.png")
```

## When the fix is wrong
There is none to try: look at the line where the last row got lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kerasguard.adapters.specs import shape_of
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import batches, pipelines
from kerasguard.rules import words
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG506"
NAME = "no-samples"
OCCASIONS = frozenset({"call"})
SLOTS = ("x", "y")


def _without_rows(value: Any) -> bool | None:
    """Tell whether a value has no rows."""
    if isinstance(value, list | tuple):
        return not value
    shape = shape_of(value)
    return None if not shape or shape[0] is None else shape[0] == 0


def _empty(evidence: Evidence) -> Given | None:
    for one in evidence.everything:
        if one.slot in SLOTS and one.element is None and one.shape and one.shape[0] == 0:
            return one
    return None


def matches(evidence: Evidence) -> Finding | None:
    """Match arrays without rows."""
    given = _empty(evidence)
    if given is None:
        return warns(evidence)
    rest = (given.shape or ())[1:]
    suspect = None
    if given.node is not None and given.scope is not None:
        suspect = Suspect(given.node, given.scope, _without_rows, given.name)
    return Finding(
        title=f"`{given.name}` has shape {words.shape(given.shape)}: no samples.",
        explanation="There is nothing to compute with.",
        offenders=(given.offender(),),
        expected=(Expectation(given.name, (None, *rest), None, "at least one sample"),),
        weight=0.97,
        suspect=suspect,
    )


def warns(situation: Evidence) -> Finding | None:
    """Match datasets without elements, of which some releases of Keras only say that there was nothing to train on."""
    found = batches.without_batches(situation)
    if found is None:
        return None
    slot, value, stage = found
    name = situation.written(slot, (), value)[0]
    made = pipelines.made_by(stage)
    sizes = batches.rows_before(stage)
    told = "Nothing is left of it." if sizes is None else f"It has {sizes[0]} rows, a batch takes {sizes[1]}."
    return Finding(
        title=f"Dataset `{name}` has no elements.",
        explanation=f"{told} There is nothing to compute with.",
        offenders=(Offender(name, "dataset"),),
        expected=(Expectation(name, None, None, "at least one batch"),),
        weight=0.97,
        cause=made[2] if made is not None else None,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose nothing: which samples were meant is not known."""
    del evidence, finding
    yield from ()
