"""An operation in a function of a tf.data pipeline refuses what an element holds.

## What it does
A function given to `map`, `filter`, `flat_map` or `interleave` comes to an operation that cannot work with the tensor
there: a reshape to another number of entries, a second one-hot, a picture of another rank.

## Why it happens
tf.data runs the function on single elements, not on the whole array: there is no batch axis yet, or it is there already
because the stage stands behind `batch`. Sizes that are written down in the function are those of other data.

## Example
```python
def picture(flat, digit):
    return tf.reshape(flat, (32, 32, 1)), digit        # an element holds 784 entries

dataset = dataset.map(picture)
```

## Use instead
```python
    return tf.reshape(flat, (28, 28, 1)), digit
```

## When the fix is wrong
When the function is right and the data is not: then change what the dataset is made of.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.operations.clashes import clash_of
from kerasguard.repairs.stages import operations
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG611"
NAME = "mapped-function-fails"


def matches(evidence: Evidence) -> Finding | None:
    """Match an operation in a stage's function that failed while the stage was made, or on an element."""
    found = operations.refused(evidence)
    if found is None:
        return None
    applied = found.applied
    text = found.text if len(found.text) <= words.LONGEST else f"{found.text[: words.LONGEST - 3]}..."
    told = [f"`{name}` is {words.shape(shape)}{f' {dtype}' if dtype else ''}" for name, shape, dtype in found.operands]
    where = f"in {found.function}" if applied is None or found.function != applied.name else "in the lambda"
    return Finding(
        title=f"`{text}` {where} fails on an element of the dataset.",
        explanation=f"There {', '.join(told)}." if told else "A function in a pipeline runs on one element at a time.",
        offenders=(*found.offenders(), *(applied.offenders() if applied is not None else ())),
        weight=0.6 if clash_of(evidence) is None else 0.3,  # KG210 says more of two operands that do not fit
        cause=found.place,
        lines=tuple(operations.lines(found)),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose what the operation would have accepted."""
    del finding
    found = operations.refused(evidence)
    if found is not None:
        yield from operations.candidates(evidence, found)
