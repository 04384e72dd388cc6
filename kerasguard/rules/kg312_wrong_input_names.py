"""The keys of a dict are not the names of the model's inputs.

## What it does
A key is misspelt, missing, or one that the model has no input for.

## Why it happens
A dict is matched with the model's inputs by name: the names given to `Input(name=...)`, or the keys of the dict that the
model was built on. Depending on its version Keras refuses an extra key, ignores it, or takes it for the input.

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
from kerasguard.finding import Finding
from kerasguard.repairs import structure
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import words
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG312"
NAME = "wrong-input-names"


def matches(evidence: Evidence) -> Finding | None:
    """Match dicts whose keys differ from the names of the inputs."""
    difference = structure.keys(evidence)
    if difference is None:
        return None
    parts = []
    if difference.missing:
        parts.append("lacks " + ", ".join(f"`{name}`" for name in difference.missing))
    if difference.extra:
        parts.append("has " + ", ".join(f"`{name}`" for name in difference.extra) + " too many")
    whole = evidence.written("x", (), evidence.call.x if evidence.call is not None else None)
    given = next((one for one in evidence.given if structure.key_of(one) in difference.extra), evidence.given[0])
    if whole[1] is not None:
        given = dataclasses.replace(given, node=whole[1], scope=whole[2])
    return Finding(
        title=f"The dict given to {words.receiver(evidence)} {' and '.join(parts)}.",
        explanation="A dict is matched with the model's inputs by name.",
        offenders=(
            Offender(whole[0], "dict", path="x"),
            *(dataclasses.replace(one.offender(), name=str(structure.key_of(one))) for one in evidence.given),
            *(Offender(name, "input") for name in difference.missing),
        ),
        expected=tuple(Expectation(want.name, want.display, want.dtype, want.why) for want in evidence.wanted),
        weight=0.8,
        suspect=words.suspect(given),
        cause=structure.written_at(evidence, difference),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose other names, or to leave keys out."""
    del finding
    difference = structure.keys(evidence)
    if difference is not None:
        yield from structure.key_candidates(evidence, difference)
