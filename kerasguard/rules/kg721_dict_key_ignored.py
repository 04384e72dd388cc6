"""A dict has a key that no input of the model has.

## What it does
All inputs get their data, and what stands under a further key is dropped. Nothing is raised.

## Why it happens
A dict is matched with the model's inputs by name. A feature whose Input was forgotten, or was left out of the list of
inputs, has no effect on the model.

## Example
```python
model = keras.Model({"age": age, "income": income}, output)
model.fit({"age": a, "income": i, "city": c}, y)
```

## Use instead
```python
model.fit({"age": a, "income": i}, y)
```

## When the fix is wrong
When the model was meant to see the feature: then it needs an Input of that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence.situation import Situation
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import keys
from kerasguard.repairs.data.search import key_of
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation

CODE = "KG721"
NAME = "dict-key-ignored"
OCCASIONS = frozenset({"call"})


def warns(situation: Situation) -> Finding | None:
    """Warn of keys beyond the names of the inputs, where none of those is missing."""
    difference = keys.keys(situation)
    if difference is None or difference.missing or not difference.extra:
        return None
    names = ", ".join(map(repr, difference.extra))
    extra = [one for one in situation.given if key_of(one) in difference.extra]
    owner = words.receiver(situation)
    return Finding(
        title=f"{owner[0].upper()}{owner[1:]} has no input {names}: what is passed under that name is ignored.",
        explanation=f"Its inputs are {', '.join(repr(want.name) for want in situation.wanted)}.",
        offenders=tuple(one.offender() for one in extra),
        expected=tuple(Expectation(want.name, want.display, want.dtype, want.why) for want in situation.wanted),
        cause=keys.written_at(situation, difference),
    )


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose to leave the key out."""
    del finding
    difference = keys.keys(situation)
    if difference is not None:
        yield from keys.key_candidates(situation, difference)
