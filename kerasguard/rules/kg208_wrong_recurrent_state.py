"""The initial state of a recurrent layer does not have the shape of its state.

## What it does
The state of an LSTM are two tensors of shape (batch, units), that of a GRU is one. What is given as `initial_state`
has another rank, another size, or another number of tensors.

## Why it happens
The whole encoded sequence is passed in the place of the last state; the encoder has other units than the decoder, or
is bidirectional and has twice as many.

## Example
```python
encoded = keras.layers.GRU(32, return_sequences=True)(x)
decoded = keras.layers.GRU(32)(y, initial_state=encoded)
```

## Use instead
```python
encoded = keras.layers.GRU(32)(x)
decoded = keras.layers.GRU(32)(y, initial_state=encoded)
```

## When the fix is wrong
When the whole sequence is used elsewhere too, by attention for instance: then use `return_state=True`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kerasguard.evidence import Evidence
from kerasguard.repairs.building import search as building
from kerasguard.repairs.building import states
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import building_words
from kerasguard.rules.finding import Finding

CODE = "KG208"
NAME = "wrong-recurrent-state"


def matches(evidence: Evidence) -> Finding | None:
    """Match an input that is refused for this reason, decided by what would have been accepted."""
    failure = building_words.of_kind(evidence, CODE)
    if failure is None:
        return None
    layer, given = building_words.layer_name(failure), building_words.shapes(failure)
    counts = states.counted(failure)
    found = building_words.finding(
        failure,
        CODE,
        title=f"{layer} is given an initial state of another shape than its own."
        if counts is None
        else f"{layer} is given {counts[0]} initial state(s); it has {counts[1]}.",
        explanation=f"It is given {given}; a state has shape (batch, units).",
        weight=0.7,
    )
    return replace(found, cause=failure.called_at(failure.step))


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the changes of the model that were accepted when it was rebuilt with them."""
    del finding
    yield from building.candidates(evidence, CODE)
    failure = building.failure_of(evidence)
    if failure is not None:
        yield from states.as_many_states(failure)
