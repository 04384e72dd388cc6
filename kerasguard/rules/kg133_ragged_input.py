"""Ragged data for a layer that cannot take it.

## What it does
The model was declared with `Input(ragged=True)`, or is given a ragged tensor, and one of its layers needs rows of
equal length.

## Why it happens
tf_keras' recurrent layers took ragged tensors; those of Keras 3 do not. Rows of different length are padded to the
longest one, and the padding is masked.

## Example
```python
tokens = keras.Input(shape=(None,), dtype="int32", ragged=True)
model.fit(ids, labels)
```

## Use instead
```python
tokens = keras.Input(shape=(None,), dtype="int32")
model.fit(ids.to_tensor(), labels)
```

## When the fix is wrong
When the padding must not count: also set `mask_zero=True` on the Embedding.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import ragged
from kerasguard.repairs.symbolic import ragged_inputs
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG133"
NAME = "ragged-input"


def matches(evidence: Evidence) -> Finding | None:
    """Match ragged data given to a model whose layers refuse it."""
    found = ragged.given(evidence)
    if not found:
        return _of_inputs(evidence)
    declared = ragged.declared(evidence)
    layer = evidence.failing.layer if evidence.failing is not None else None
    refuses = f"layer {layer.name!r} ({type(layer).__name__})" if layer is not None else words.receiver(evidence)
    return Finding(
        title=f"`{found[0].name}` is ragged, and {refuses} needs rows of equal length.",
        explanation="Pad the rows to the longest one; a mask keeps the padding from counting.",
        offenders=(*(one.offender() for one in found), *(Offender(one.name, "input") for one in declared)),
        weight=0.8,
        suspect=words.suspect(found[0]),
        cause=declared[0].place if declared else None,
    )


def _of_inputs(evidence: Evidence) -> Finding | None:
    """Return the finding about an Input that is declared ragged, where a layer refuses it while the model is built."""
    inputs, call = ragged_inputs.declared(evidence), evidence.failing
    if not inputs or call is None:
        return None
    return Finding(
        title=f"{', '.join(one.name for one in inputs)} is declared ragged, and layer {call.layer.name!r} "
        f"({type(call.layer).__name__}) needs rows of equal length.",
        explanation="Pad the rows to the longest one; a mask keeps the padding from counting.",
        offenders=(*(Offender(one.name, "input") for one in inputs), Offender(call.layer.name, "layer")),
        weight=0.8,
        cause=inputs[0].place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose padded data, and an Input that is not ragged."""
    del finding
    yield from ragged.candidates(evidence)
    yield from ragged_inputs.candidates(evidence)
