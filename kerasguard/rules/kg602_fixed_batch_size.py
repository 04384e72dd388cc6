"""The model was built for one batch size, and a batch has another one.

## What it does
An Input names its batch size (`batch_shape`, `batch_size`), as a stateful RNN needs it, and the number of samples is no
multiple of it, or the call uses another batch size.

## Why it happens
The last batch holds what is left over. A model with an open batch axis does not mind, one with a fixed size fails at
the end of the first epoch.

## Example
```python
model = Sequential([Input(batch_shape=(8, 20, 3)), LSTM(4, stateful=True), Dense(1)])
model.fit(x, y, batch_size=8)                  # 50 rows
```

## Use instead
```python
model.fit(x[:48], y[:48], batch_size=8)
```

## When the fix is wrong
When every sample counts, or the model need not be stateful: leave the batch size open.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import batch_sizes
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation

CODE = "KG602"
NAME = "fixed-batch-size"


def matches(evidence: Evidence) -> Finding | None:
    """Match models with a fixed batch size and data that does not come in such batches."""
    if not evidence.given or not batch_sizes.odd(evidence):
        return None
    size, rows = batch_sizes.fixed(evidence), batch_sizes.rows(evidence)
    given = evidence.given[0]
    uneven = batch_sizes.uneven(evidence, size) if rows is not None and size is not None else []
    if uneven and batch_sizes.batch(evidence) == size:
        given, rows = uneven[0], (uneven[0].shape or (rows,))[0]
    what = (
        f"{rows} rows come in batches of {batch_sizes.batch(evidence)}"
        if rows is not None
        else "the last batch is smaller"
    )
    return Finding(
        title=f"{words.receiver(evidence)} was built for batches of {size}; {what}.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}.",
        offenders=tuple(dict.fromkeys(one.offender() for one in (given, *evidence.given))),
        expected=tuple(Expectation(want.name, want.shape, want.dtype, want.why) for want in evidence.wanted),
        weight=0.8,
        suspect=words.suspect(given),
        cause=evidence.called_at,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose whole batches of that size."""
    del finding
    yield from batch_sizes.candidates(evidence)
