"""The outputs of a model are data, while its inputs are not.

## What it does
`Model(inputs, outputs)` got outputs that were computed from an array: the result of `predict`, or of layers that were
called on data instead of on the Input.

## Why it happens
`predict` gives values, not a symbolic tensor; layers called on values compute at once. Neither is connected to an
Input. The output of a model that stays symbolic is `model.output`, or what `model(inputs)` returns.

## Example
```python
features = base.predict(images)
model = keras.Model(base.input, layers.Dense(2)(features))
```

## Use instead
```python
features = base.output
model = keras.Model(base.input, layers.Dense(2)(features))
```

## When the fix is wrong
When the layers should be trained on precomputed features: make an Input of their shape then.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.dataflow import references
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import predictions, rewiring
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG127"
NAME = "outputs-computed-from-data"


def matches(evidence: Evidence) -> Finding | None:
    """Match data among the outputs of a functional model whose inputs are symbolic."""
    found = rewiring.fed(evidence, "outputs")
    if not found or rewiring.fed(evidence):
        return None
    one = found[0]
    source = predictions.entry(one)
    return Finding(
        title=f"The output `{one.text}` is data: it was computed from values, not from the model's Input.",
        explanation=f"The values come in with `{source.text}`." if source is not None else "No Input leads to it.",
        offenders=(
            Offender(one.text, specs.kind_of(one.leaf), specs.shape_of(one.leaf)),
            *(Offender(name, "variable") for name in sorted(references(one.source, one.node))),
            *((Offender(name, "variable") for name in source.names) if source is not None else ()),
        ),
        weight=0.8,
        suspect=Suspect(one.node, one.scope, None, one.text),
        cause=source.place if source is not None else None,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the symbolic output of the model, or the Input in place of the data."""
    del finding
    found = rewiring.fed(evidence, "outputs")
    if found:
        yield from predictions.candidates(evidence, found[0])
