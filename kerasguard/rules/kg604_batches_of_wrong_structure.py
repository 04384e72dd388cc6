"""A generator or PyDataset hands out its tensors in the wrong nesting.

## What it does
Its batches have more than three parts, the inputs of the model stand beside the labels in one flat tuple, or one array
holds all the inputs.

## Why it happens
A batch is `(x, y)` or `(x, y, sample_weight)`. A third tensor in a flat tuple is taken for weights, the second for
labels, whatever it was meant for.

## Example
```python
def batches():
    while True:
        yield profile, item, clicked          # two inputs and a label
```

## Use instead
```python
        yield (profile, item), clicked
```

## When the fix is wrong
When the last part really holds sample weights.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import yields
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender, Place

CODE = "KG604"
NAME = "batches-of-wrong-structure"


def matches(evidence: Evidence) -> Finding | None:
    """Match batches of too many parts, and flat or stacked ones for a model with several inputs."""
    fed = yields.feeding(evidence)
    if fed is None:
        return None
    listed = yields.listed(evidence)
    if listed is not None:
        return _listed(evidence, listed)
    stacked = yields.stacked(evidence)
    if stacked is not None:
        return _stacked(evidence, *stacked)
    count, inputs = yields.too_many(evidence), yields.flat(evidence)
    if count is None and inputs is None:
        return None
    handed = yields.handed(fed)
    name = evidence.written("x", (), fed)[0]
    cause: Place | None = handed.place if handed is not None else None
    wanted = "(x, y) or (x, y, sample_weight)" if count is not None else f"(({inputs} inputs), labels)"
    return Finding(
        title=f"`{name}` hands out {count or len(yields.parts(evidence) or ())} tensors side by side, "
        f"{words.receiver(evidence)} wants {wanted}.",
        explanation="The first part of a batch is the data, the second the labels, the third the sample weights.",
        offenders=(Offender(name, "generator"), Offender(_maker(name), "generator"), *_names(handed)),
        weight=0.95,
        cause=cause,
    )


def _listed(evidence: Evidence, handed: yields.Handed) -> Finding:
    name = evidence.written("x", (), yields.feeding(evidence))[0]
    return Finding(
        title=f"`{name}` hands out its batches in lists, {words.receiver(evidence)} wants tuples.",
        explanation="A tuple holds the data, the labels and the sample weights; a list is taken for one part.",
        offenders=(Offender(name, "generator"), Offender(_maker(name), "generator"), *_names(handed)),
        weight=0.95,
        cause=handed.place,
    )


def _stacked(evidence: Evidence, handed: yields.Handed, node: ast.Call, items: list[ast.expr]) -> Finding:
    name = evidence.written("x", (), yields.feeding(evidence))[0]
    source = handed.source
    return Finding(
        title=f"`{name}` packs {len(items)} inputs into one array, {words.receiver(evidence)} wants "
        f"{len(evidence.wanted)} arrays.",
        explanation="A list of arrays becomes several inputs, one array that holds them all stays one.",
        offenders=(
            Offender(name, "generator"),
            Offender(_maker(name), "generator"),
            Offender(source.segment(node.func), "function"),
            *(Offender(source.segment(item), "tensor") for item in items),
        ),
        weight=0.95,
        cause=source.place(source.statement(node) or node),
    )


def _maker(name: str) -> str:
    return name.partition("(")[0]


def _names(handed: yields.Handed | None) -> Iterator[Offender]:
    items = getattr(handed.node, "elts", []) if handed is not None else []
    for item in items:
        if handed is not None:
            yield Offender(handed.source.segment(item), "tensor")


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the nesting that fit takes."""
    del finding
    listed = yields.listed(evidence)
    stacked, inputs = yields.stacked(evidence), yields.flat(evidence)
    if listed is not None:
        yield from yields.in_tuples(listed)
    elif stacked is not None:
        yield from yields.apart(stacked)
    elif inputs is not None:
        yield from yields.nested(evidence, inputs)
    elif yields.too_many(evidence) is not None:
        yield from yields.gathered_in_labels(evidence)
