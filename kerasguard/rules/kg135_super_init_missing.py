"""The constructor of a layer or model of your own does not call the constructor of Keras first.

## What it does
A class derived from `keras.Model` or `keras.layers.Layer` has an `__init__` of its own that never calls
`super().__init__()`, or sets layers before it does.

## Why it happens
Keras keeps track of weights, layers and names in what its own constructor sets up. Without it the object lacks them:
it fails when layers are assigned, or only when it is compiled or called, with the name of some inner attribute.

## Example
```python
class Net(keras.Model):
    def __init__(self):
        self.dense = keras.layers.Dense(4)
```

## Use instead
```python
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(4)
```

## When the fix is wrong
When another base class comes first that wants arguments: call its constructor with them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import constructors
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG135"
NAME = "super-init-missing"


def matches(evidence: Evidence) -> Finding | None:
    """Match an object of the user's own class that Keras' constructor never saw."""
    found = constructors.unprepared(evidence)
    if found is None:
        return None
    call = "`super().__init__()`"
    return Finding(
        title=f"`{found.name}.__init__` never calls {call}."
        if found.late is None
        else f"`{found.name}.__init__` calls {call} too late.",
        explanation="Keras sets up in its own constructor what it keeps of layers and weights; it has to run first.",
        offenders=(
            Offender(found.name, "class"),
            Offender("self", "variable"),
            *(Offender(name, "variable") for name in found.assigned),
        ),
        weight=0.95,
        cause=found.source.place(found.first, "__init__"),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to call it as the first statement."""
    del finding
    found = constructors.unprepared(evidence)
    if found is not None:
        yield from constructors.candidates(found)
