"""A function in a tf.data pipeline does not return what its stage takes.

## What it does
The function of `filter` returns no single truth value, or that of `flat_map` or `interleave` returns no dataset.

## Why it happens
A comparison of a tensor gives one truth value for each of its entries, not one for the element. And `flat_map` and
`interleave` put datasets together: a function that returns tensors belongs to `map`.

## Example
```python
dataset = dataset.filter(lambda x, y: x > 0.5)           # x has three entries
```

## Use instead
```python
dataset = dataset.filter(lambda x, y: tf.reduce_all(x > 0.5))
```

## When the fix is wrong
When one true entry is enough to keep the element: `tf.reduce_any`. When every element shall stay one: use `map`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.stages import results
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG614"
NAME = "function-returns-wrong-kind"


def matches(evidence: Evidence) -> Finding | None:
    """Match a function of filter, flat_map or interleave that works, and returns something else."""
    found = results.wrong_result(evidence)
    if found is None:
        return None
    applied = found.applied
    told = " and ".join(f"{words.shape(shape)} {dtype}" for shape, dtype in found.leaves)
    one_truth = applied.operation == "filter"
    text = " ".join(found.source.segment(found.node).split())
    return Finding(
        title=f"`{applied.operation}` wants {'one truth value' if one_truth else 'a dataset'} from its function, "
        f"{applied.name} returns {told}.",
        explanation="An element is kept or left out as a whole."
        if one_truth
        else "It puts the datasets of all elements together; what returns tensors is mapped.",
        offenders=(
            *(Offender(text, "tensor", shape, dtype) for shape, dtype in found.leaves[:1]),
            *applied.offenders(),
        ),
        expected=(Expectation(text, (), "bool"),) if one_truth else (),
        weight=0.9,
        cause=statement_place(found.source, found.node),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose what the stage takes."""
    del finding
    found = results.wrong_result(evidence)
    if found is not None:
        yield from results.candidates(evidence, found)
