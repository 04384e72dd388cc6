"""The labels are class numbers, the loss wants one-hot rows.

## What it does
The labels hold one whole number for each sample, the output has one unit for each class, and the loss is a categorical
cross-entropy.

## Why it happens
`categorical_crossentropy` compares rows of probabilities. Class numbers go with `sparse_categorical_crossentropy`.

## Example
```python
model.compile("adam", "categorical_crossentropy")
model.fit(x, np.array([0, 2, 1]))
```

## Use instead
```python
model.compile("adam", "sparse_categorical_crossentropy")
```

## When the fix is wrong
When the labels were meant to be shares of several classes.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs import constructors
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, encodings
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG402"
NAME = "class-numbers-for-categorical-loss"


def _wrong(evidence: Evidence) -> demands.Pair | None:
    for pair in demands.pairs(evidence):
        several = pair.head.units is not None and pair.head.units > 1
        if not several or not pair.head.categorical or demands.class_rank(pair) != 1 or _rows(pair):
            continue
        # What a generator or Sequence hands out is not looked at: one number for several classes is a class number.
        if demands.integral(pair.given) or pair.given.element is not None:
            return pair
    return None


def _rows(pair: demands.Pair) -> bool:
    """Return whether the labels are one-hot rows already, for an output that has an axis too many."""
    shape, bounds = pair.given.shape or (), demands.label_range(pair.given)
    return len(shape) > 1 and shape[-1] == pair.head.units and bounds is not None and 0 <= bounds[0] < bounds[1] == 1


def matches(evidence: Evidence) -> Finding | None:
    """Match whole numbers for an output of several units with a categorical loss."""
    pair = _wrong(evidence)
    if pair is None:
        return None
    given, head = pair
    made = constructors.compiled(evidence)
    return Finding(
        title=f"`{given.name}` holds class numbers, the loss of {words.receiver(evidence)} wants one-hot rows.",
        explanation=f"The labels have shape {words.shape(given.shape)}, the output {words.shape(head.shape)}.",
        offenders=demands.offenders(pair),
        expected=(demands.expectation(pair, head.shape, "a categorical loss takes a row of probabilities"),),
        weight=0.9,
        suspect=words.suspect(given),
        cause=made.place if made is not None else None,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the sparse loss, or one-hot rows."""
    del finding
    pair = _wrong(evidence)
    if pair is not None:
        bounds = demands.label_range(pair.given)
        inside = bounds is None or (bounds[0] >= 0 and pair.head.units is not None and bounds[1] < pair.head.units)
        if inside:
            yield from encodings.other_loss(evidence, pair, sparse=True, cost=0.8)
            yield from encodings.to_one_hot(evidence, pair)
