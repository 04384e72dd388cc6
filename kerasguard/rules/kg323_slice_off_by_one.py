"""A slice, or the range of a loop over windows, is one too long or too short.

## What it does
One size is wrong by one or two, and a number of just that size is added to, or taken from, a bound on the way there.

## Why it happens
Ends of slices are not included, the last window needs a target behind it, and what corrects the one count is written
twice or on one side only.

## Example
```python
windows = [series[i : i + 12] for i in range(len(series) - 12)]
targets = series[12 + 1 :]                # one less than there are windows
```

## Use instead
```python
targets = series[12:]
```

## When the fix is wrong
When the number is meant, to forecast two steps ahead, say: then leave the last window out in place of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import offsets
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation

CODE = "KG323"
NAME = "slice-off-by-one"


def matches(evidence: Evidence) -> Finding | None:
    """Match a size that a number in the bound of a slice or range explains."""
    found = offsets.misfit(evidence)
    if found is None:
        return None
    given, slip = found.given, found.slips[0]
    return Finding(
        title=f"`{given.name}` has {found.size} {'rows' if found.axis == 0 else f'entries on axis {found.axis}'}, "
        f"{found.wanted} are wanted: `{slip.text}` in a bound is the difference.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}, wanted is {words.shape(found.shape)}.",
        offenders=(given.offender(),),
        expected=(Expectation(given.name, found.shape, given.spec.dtype, "without that number"),),
        weight=0.85,
        suspect=words.suspect(given),
        cause=slip.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the slice without the number."""
    del finding
    found = offsets.misfit(evidence)
    if found is not None:
        yield from offsets.candidates(evidence, found)
