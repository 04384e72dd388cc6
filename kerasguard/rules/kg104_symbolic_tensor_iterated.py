"""Python counts or iterates over a symbolic tensor.

## What it does
A `for` loop, an unpacking (`a, b = x`), `list`, `len`, `int`, `float` or a format string needs the values or the
number of rows of a tensor that has neither yet.

## Why it happens
The first axis of a tensor in a model is the batch, whose size is not known while the model is built. A loop usually
means the time steps, which are the second axis; an unpacking often means a layer that should return its states too.

## Example
```python
for step in sequence:
    steps.append(layers.Dense(4)(step))
```

## Use instead
```python
for step in [sequence[:, i] for i in range(sequence.shape[1])]:
    steps.append(layers.Dense(4)(step))
```

## When the fix is wrong
When every step gets the same layer: `TimeDistributed` is shorter and faster.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.provenance.dataflow import references
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.symbolic import iteration
from kerasguard.repairs.symbolic.truth import tested
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG104"
NAME = "symbolic-tensor-iterated"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing loop, unpacking, count or conversion of a symbolic tensor."""
    found = iteration.walked(evidence)
    if found is None or tested(evidence) is not None:
        return None
    text = found.source.segment(found.tensor)
    shape = "" if found.shape is None else f" {found.shape}"
    return Finding(
        title=f"Python {found.does} the symbolic tensor `{text}`{shape}; it has no values yet.",
        explanation="The first axis is the batch, whose size is not known while the model is built.",
        offenders=(
            Offender(text, "keras", found.shape),
            *(Offender(name, "variable") for name in sorted(references(found.source, found.tensor))),
        ),
        weight=0.85,
        suspect=Suspect(found.tensor, found.scope, None, text),
        cause=statement_place(found.source, found.tensor),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to go along a known axis, or what computes on tensors."""
    del finding
    found = iteration.walked(evidence)
    if found is not None:
        yield from iteration.candidates(found)
