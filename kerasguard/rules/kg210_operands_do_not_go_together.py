"""An operation in a function of your own gets tensors whose sizes do not go together.

## What it does
A sum, a product, a concatenation in your layer's call, your train_step or your loss gets two tensors that differ on an
axis where they must agree; or a layer called there gets a tensor with an axis too few.

## Why it happens
The two come from different places: a query without a time axis meets keys that have one, a table of positions is as
long as the longest text, a student has other outputs than its teacher. TensorFlow lines the axes up from the last one.

## Example
```python
def call(self, query, keys):
    score = self.w_query(query) + self.w_keys(keys)  # (batch, units) + (batch, steps, units)
```

## Use instead
```python
def call(self, query, keys):
    score = self.w_query(query)[:, tf.newaxis] + self.w_keys(keys)
```

## When the fix is wrong
When the tensors were never meant to meet: look at which of them has the shape that you did not expect.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.provenance.suspect import Suspect
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.operations import axes, offenders, sizes, slices
from kerasguard.repairs.operations.clashes import clash_of
from kerasguard.repairs.own_models import towers
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG210"
NAME = "operands-do-not-go-together"


def matches(evidence: Evidence) -> Finding | None:
    """Match an operation in the user's innermost function on tensors that do not broadcast, or cannot be joined."""
    clash = clash_of(evidence)
    if clash is None:
        return None
    given = " and ".join(words.shape(side.shape) for side in clash.sides[:3])
    odd = offenders.odd_side(clash)
    return Finding(
        title=f"{given} do not go together in `{axes.text_of(clash, clash.node)}`.",
        explanation="TensorFlow lines up the axes from the last one; sizes have to be equal, or one of them 1."
        if clash.kind == "elementwise"
        else "Every row of the one is multiplied with every row of the other: rows have to be equally long."
        if clash.kind == "product"
        else "All axes but the one along which they are joined have to agree."
        if clash.kind == "concat"
        else "The tensors of one call differ in their number of axes.",
        offenders=tuple(offenders.offenders(clash)),
        weight=0.45 if clash.kind == "layer" else 0.7 if offenders.from_layers(clash) else 0.4,
        suspect=Suspect(odd.node, clash.scope, None, clash.source.segment(odd.node)),
        cause=offenders.birth(clash),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose another axis, another size, another length, at the place where the wrong one is born."""
    del finding
    clash = clash_of(evidence)
    if clash is None:
        return
    if clash.kind == "product":
        yield from sizes.widths(evidence, clash)
        yield from towers.projected(evidence, clash)
        return
    yield from axes.more_axes(evidence, clash)
    if clash.kind != "layer":
        yield from axes.follows(evidence, clash)
        yield from slices.recut(evidence, clash)
        yield from sizes.widths(evidence, clash)
        yield from sizes.tables(evidence, clash)
