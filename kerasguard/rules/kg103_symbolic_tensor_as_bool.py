"""Python was asked whether a symbolic tensor is true.

## What it does
An `if`, `and`, `or`, `not`, `while`, `max(a, b)` or `in` needs the truth of a tensor that has no values yet.

## Why it happens
The Python code between the layers runs once, while the model is built; it cannot decide anything that depends on the
data. `x or default` and `if x:` ask a tensor for its truth too, where `x is None` was meant.

## Example
```python
shortcut = skip or x
```

## Use instead
```python
shortcut = x if skip is None else skip
```

## When the fix is wrong
When the decision should be made once for a whole batch: write a layer and decide in its `call`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.symbolic import truth
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG103"
NAME = "symbolic-tensor-as-bool"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing test of a symbolic tensor."""
    found = truth.tested(evidence)
    if found is None:
        return None
    text = found.source.segment(found.tensor)
    names = truth.names_read(found.source, found.tensor)
    return Finding(
        title=f"Python asks whether the symbolic tensor `{text}` is true; it has no values yet.",
        explanation="The code between the layers runs once, while the model is built.",
        offenders=(Offender(text, "keras"), *(Offender(name, "variable") for name in names)),
        weight=0.9,
        suspect=Suspect(found.tensor, found.scope, None, text),
        cause=statement_place(found.source, found.tensor),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose a test for None, or a choice between tensors."""
    del finding
    found = truth.tested(evidence)
    if found is not None:
        yield from truth.candidates(evidence, found)
