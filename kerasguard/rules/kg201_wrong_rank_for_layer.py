"""A layer is given a tensor with another number of axes than it works on.

## What it does
Every layer works on tensors of a certain rank: Dense on features, LSTM and Conv1D on sequences, Conv2D on pictures.
The tensor that the layer before it gives has another rank.

## Why it happens
A recurrent layer returns only its last output unless it is told `return_sequences=True`; a Flatten, a pooling or a
Reshape between two kinds of layers is missing; an Input lacks the channel axis.

## Example
```python
x = keras.layers.LSTM(32)(x)
x = keras.layers.LSTM(32)(x)
```

## Use instead
```python
x = keras.layers.LSTM(32, return_sequences=True)(x)
x = keras.layers.LSTM(32)(x)
```

## When the fix is wrong
When the layer itself is the wrong one: a Conv1D where the data is a picture wants a Conv2D, not a Reshape.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.building import search as building
from kerasguard.repairs.building.refusal import Failure
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import building_words
from kerasguard.rules.finding import Finding

CODE = "KG201"
NAME = "wrong-rank-for-layer"


def matches(evidence: Evidence) -> Finding | None:
    """Match an input that is refused for this reason, decided by what would have been accepted."""
    failure = building_words.of_kind(evidence, CODE)
    if failure is None:
        return None
    layer, given = building_words.layer_name(failure), building_words.shapes(failure)
    return building_words.finding(
        failure,
        CODE,
        title=f"{layer} cannot take {given}.",
        explanation=_explanation(failure),
        weight=0.6,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the changes of the model that were accepted when it was rebuilt with them."""
    del finding
    yield from building.candidates(evidence, CODE)


def _explanation(failure: Failure) -> str:
    rank = failure.wanted_rank
    given = failure.shape
    if rank is None or given is None or rank == len(given):
        return "The layers before it give a tensor that it does not work on."
    return f"It works on tensors with {rank} axes, batch axis included; the layers before it give {len(given)}."
