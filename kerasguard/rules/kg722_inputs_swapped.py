"""Two inputs of equal shape were passed in each other's place.

## What it does
By their names, two of the tensors that were passed belong to each other's input. Their shapes are equal, so nothing
is raised.

## Why it happens
A list is matched with the model's inputs by position, never by name. The model trains on the wrong columns and only
its results are poor.

## Example
```python
model = keras.Model([query_input, document_input], score)     # inputs "query" and "document"
model.fit([document, query], y)
```

## Use instead
```python
model.fit([query, document], y)
```

## When the fix is wrong
When the variables and not the order are misnamed, or the exchange is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence.situation import Situation
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import exchanges
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG722"
NAME = "inputs-swapped"
OCCASIONS = frozenset({"call"})


def warns(situation: Situation) -> Finding | None:
    """Warn of two inputs whose names say that they were exchanged."""
    found = exchanges.exchanged(situation)
    if found is None:
        return None
    (one, first), (other, second) = found
    inputs = (first, second)
    return Finding(
        title=f"`{one.name}` is passed as input '{first.name}' and `{other.name}` as input '{second.name}'.",
        explanation=f"By their names {words.receiver(situation)} gets them the wrong way round; shapes are equal.",
        offenders=(one.offender(), other.offender(), *(Offender(want.name, "input", want.display) for want in inputs)),
        expected=tuple(Expectation(want.name, want.display, want.dtype) for want in inputs),
        cause=situation.crash,
        notes={"pair": (one, other)},
    )


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose to exchange the two expressions."""
    one, other = finding.notes["pair"]
    if one.node is None or other.node is None or one.scope is not other.scope or one.node is other.node:
        return
    source = one.scope.source
    texts = source.segment(one.node), source.segment(other.node)
    changes = (edits.replace(source, one.node, texts[1]), edits.replace(source, other.node, texts[0]))
    yield Candidate("pass them the other way round", changes, cost=0.8, cause=situation.crash, exact=False)
