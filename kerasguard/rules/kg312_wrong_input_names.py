"""The keys of a dict are not the names of the model's inputs.

## What it does
A key is misspelt, missing, or one that the model has no input for.

## Why it happens
A dict is matched with the model's inputs by name: the names given to `Input(name=...)`, or the keys of the dict that
the model was built on. Depending on its version Keras refuses an extra key, ignores it, or takes it for the input.

## Example
```python
model = keras.Model({"before": a, "meta": b}, output)
model.predict({"history": x, "meta": m})
```

## Use instead
```python
model.predict({"before": x, "meta": m})
```

## When the fix is wrong
When the model should be built with the data's names instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import keys
from kerasguard.repairs.data.search import key_of
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG312"
NAME = "wrong-input-names"


def matches(evidence: Evidence) -> Finding | None:
    """Match dicts whose keys differ from the names of the inputs."""
    difference = keys.keys(evidence)
    if difference is None:
        return None
    parts = []
    if difference.missing:
        parts.append("lacks " + ", ".join(f"`{name}`" for name in difference.missing))
    if difference.extra:
        parts.append("has " + ", ".join(f"`{name}`" for name in difference.extra) + " too many")
    refusing = keys.refusing_call(evidence)
    inner = refusing is not None and refusing is not evidence.call
    whole = evidence.written("x", (), evidence.call.x if evidence.call is not None else None)
    given = next((one for one in evidence.given if key_of(one) in difference.extra), evidence.given[0])
    if whole[1] is not None:
        given = dataclasses.replace(given, node=whole[1], scope=whole[2])
    name = f"model {refusing.owner.name!r}" if inner and refusing is not None else words.receiver(evidence)
    return Finding(
        title=f"The dict given to {name} {' and '.join(parts)}.",
        explanation="A dict is matched with the model's inputs by name.",
        offenders=(
            *([] if inner else [Offender(whole[0], "dict", path="x")]),
            *keys.names_of(evidence, difference),
            *(Offender(key, "key") for key in difference.given),
            *(Offender(missing, "input") for missing in difference.missing),
        ),
        expected=tuple(Expectation(want.name, want.display, want.dtype, want.why) for want in keys.demanded(evidence)),
        weight=0.8,
        suspect=None if inner else words.suspect(given),
        cause=keys.written_at(evidence, difference),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose other names, or to leave keys out."""
    del finding
    difference = keys.keys(evidence)
    if difference is not None:
        yield from keys.key_candidates(evidence, difference)
