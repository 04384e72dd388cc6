"""A generator or a function in Python hands out something else than was declared of it.

## What it does
`Dataset.from_generator` is told in `output_signature` what the generator yields, `tf.numpy_function` and
`tf.py_function` are told in `Tout` what the function returns. An element came that is not like that: another shape,
another number of parts, text for a number, another dtype.

## Why it happens
Nothing compares the two before the first element is computed. The declaration was written for other data, or NumPy made
float64 where float32 was declared.

## Example
```python
def rows():
    for i in range(10):
        yield np.zeros((6, 2)), i

tf.data.Dataset.from_generator(rows, output_signature=(tf.TensorSpec((6, 3)), tf.TensorSpec((), tf.int32)))
```

## Use instead
```python
tf.data.Dataset.from_generator(rows, output_signature=(tf.TensorSpec((6, 2)), tf.TensorSpec((), tf.int32)))
```

## When the fix is wrong
When the declaration is right: then change what is yielded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kerasguard.evidence import Evidence
from kerasguard.provenance.values import Ghost
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.stages import declarations
from kerasguard.repairs.stages.declarations import Difference, Undeclared
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender, Step

CODE = "KG612"
NAME = "elements-not-as-declared"


def matches(evidence: Evidence) -> Finding | None:
    """Match an element that TensorFlow refused for what was declared of it."""
    found = declarations.undeclared(evidence)
    if found is None:
        return None
    difference = found.difference
    does = "yields" if found.generator else "returns"
    told = "something else than its signature declares" if difference is None else _told(difference)
    offenders, expected = _shown(found)
    where = found.handing_out
    return Finding(
        title=f"`{found.name}` {does} {told}.",
        explanation="What is declared is compared with what comes when an element is computed, not before.",
        offenders=(Offender(found.name, "generator" if found.generator else "function"), *offenders),
        expected=expected,
        weight=0.95,
        cause=found.made.place if found.generator else where,
        lines=(
            *((Step(where, "handed out here"),) if where is not None else ()),
            Step(found.made.place, "declared here"),
        ),
    )


def _told(difference: Difference) -> str:
    declared, given = difference.declared, difference.given
    if difference.structural:
        return (
            f"{_parts(given)} where {_parts(declared)} {'are' if isinstance(declared, tuple | dict) else 'is'} declared"
        )
    if declared.shape is None or given.shape is None or given.shape == declared.shape:
        return f"{given.dtype} where {declared.dtype} is declared"
    return f"{words.shape(given.shape)} where {words.shape(declared.shape)} is declared"


def _parts(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"the keys {', '.join(map(repr, tree))}"
    return f"{len(tree)} parts" if isinstance(tree, tuple) else "one tensor"


def _shown(found: Undeclared) -> tuple[tuple[Offender, ...], tuple[Expectation, ...]]:
    """Return the part that differs as it is written, with what it is and what it should be."""
    difference = found.difference
    if difference is None or difference.structural or not found.given:
        return (), ()
    link = found.given[0]
    node = link.node
    for step in difference.path:
        elements = getattr(node, "elts", None)
        if elements is None or not isinstance(step, int) or step >= len(elements):
            break
        node = elements[step]
    text = " ".join(link.source.segment(node).split())
    declared: Ghost = difference.declared
    return (
        (Offender(text, "tensor", difference.given.shape, difference.given.dtype),),
        (Expectation(text, declared.shape, declared.dtype, "declared"),),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose another declaration, or a cast."""
    del finding
    found = declarations.undeclared(evidence)
    if found is not None:
        yield from declarations.candidates(evidence, found)
