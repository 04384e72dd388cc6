"""Some samples are None.

## What it does
Among the samples of an object array, or of a list, there is a None.

## Why it happens
A reader that cannot read a file returns None instead of raising, as `cv2.imread` does. The None travels with the
samples until a tensor is to be made of them.

## Example
```python
for path in paths:
    images.append(cv2.imread(path))
```

## Use instead
```python
for path in paths:
    image = cv2.imread(path)
    if image is None:
        continue
    images.append(image)
```

## When the fix is wrong
When every sample counts: find out why the file cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import cells
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG503"
NAME = "none-in-data"


def matches(evidence: Evidence) -> Finding | None:
    """Match object arrays with a None among other things."""
    for given, found in cells.objects(evidence):
        if found.missing:
            return Finding(
                title=f"`{given.name}` holds {found.kinds['None']} times None in {sum(found.kinds.values())} items.",
                explanation=f"The first one is item {found.odd}." if found.odd is not None else "",
                offenders=(given.offender(),),
                weight=0.95,
                suspect=words.suspect(given),
            )
    return None


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to pass over them where they are gathered."""
    del finding
    for given, found in cells.objects(evidence):
        if found.missing:
            yield from cells.without_none(evidence, given)
