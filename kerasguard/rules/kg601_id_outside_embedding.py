"""An id is larger than the table of the Embedding layer.

## What it does
The data holds ids as large as `input_dim`, or larger, or negative ones.

## Why it happens
`Embedding(n, ...)` has the rows 0 to n - 1. The number of different ids is no safe size: ids that start at 1, ids that
are not used, and an extra id for padding all need rows of their own. On some devices nothing is raised.

## Example
```python
Embedding(len(np.unique(user_id)), 8)        # ids from 1 to 40
```

## Use instead
```python
Embedding(user_id.max() + 1, 8)
```

## When the fix is wrong
When later data has ids that are larger still: then map unknown ids to one of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.evidence.situation import Situation
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import embeddings
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG601"
NAME = "id-outside-embedding"
OCCASIONS = frozenset({"call"})


ERRORS = ("InvalidArgumentError", "InternalError", "IndexError")


def matches(evidence: Evidence) -> Finding | None:
    """Match ids outside the rows of an Embedding that failed while running."""
    return _finding(evidence) if type(evidence.event.error).__name__ in ERRORS else None


def warns(situation: Situation) -> Finding | None:
    """Warn where such ids raise nothing, because the code that runs does not look."""
    return _finding(situation) if situation.values_unchecked else None


def _finding(evidence: Evidence) -> Finding | None:
    found = embeddings.failing(evidence)
    if not found:
        return None
    first = found[0]
    homes = embeddings.homes(evidence, found)
    return Finding(
        title=f"Layer '{first.layer.name}' has rows 0 to {first.rows - 1}, the ids in `{first.given.name}` go from "
        f"{first.least} to {first.greatest}.",
        explanation=f"The table of {words.receiver(evidence)} was made with input_dim={first.rows}.",
        offenders=(
            *(one.given.offender() for one in found),
            *(Offender(str(one.layer.name), "layer") for one in found),
        ),
        expected=(Expectation(str(first.layer.name), None, None, f"ids from 0 to {first.rows - 1}"),),
        weight=0.95,
        suspect=words.suspect(first.given),
        cause=homes[0][1].place if homes else None,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose larger tables."""
    del finding
    yield from embeddings.enlarged(evidence, embeddings.failing(evidence))
