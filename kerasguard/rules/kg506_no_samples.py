"""The data holds no samples.

## What it does
The first axis of an array that was passed as data or labels has the size 0.

## Why it happens
A filter lets nothing through, a pattern for file names matches no file, a slice begins behind the end. NumPy is content
with an array without rows; the error comes later and speaks of something else.

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
from kerasguard.finding import Finding, Suspect
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import words
from kerasguard.vocabulary import Expectation

CODE = "KG506"
NAME = "no-samples"
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
        return None
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


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose nothing: which samples were meant is not known."""
    del evidence, finding
    yield from ()
