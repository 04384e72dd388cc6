"""`class_weight` has no weight for a class that occurs in the labels.

## What it does
The labels hold class numbers that are no keys of the dict. Keras 3 raises nothing: these samples count with weight
1.

## Why it happens
The dict is looked up by class number. Names of classes, numbers written as text, or numbers counted from 1 are keys
that never occur.

## Example
```python
weights = {1: 1.0, 2: 4.0, 3: 2.5}
model.fit(x, y, class_weight=weights)          # y holds 0, 1 and 2
```

## Use instead
```python
weights = {0: 1.0, 1: 4.0, 2: 2.5}
```

## When the fix is wrong
When weight 1 is meant for the classes that are missing: write it down.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.provenance.arguments import argument_node
from kerasguard.provenance.walk import number_home
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import class_weights
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG732"
NAME = "class-weight-incomplete"
OCCASIONS = frozenset({"call"})


def matches(evidence: Evidence) -> Finding | None:
    """Match a refusal of the dict itself, or a lookup in it that failed while running."""
    refused = any("class_weight" in frame.f_code.co_name for frame in evidence.library)
    if not refused and type(evidence.event.error).__name__ != "InvalidArgumentError":
        return None
    return warns(evidence)


def warns(situation: Evidence) -> Finding | None:
    """Warn of a dict that names some classes and leaves out others that occur."""
    found = class_weights.unweighted(situation)
    if found is None:
        return None
    given, missing, known = found
    node = argument_node(situation.site_call, ("class_weight",)) if situation.site_call is not None else None
    scope = situation.scopes[situation.site] if situation.site is not None else None
    home = number_home(node, scope) if node is not None and scope is not None else None
    name = node.id if isinstance(node, ast.Name) else None
    named = (Offender(name, "variable"),) if name is not None else ()
    return Finding(
        title=f"`class_weight` has no weight for {missing} of the {known} classes in `{given.name}`.",
        explanation="It is looked up by class number, and its keys are other numbers.",
        weight=0.7,
        offenders=(Offender("class_weight", "argument"), *named, given.offender()),
        cause=home.place if home is not None else None,
    )


def repairs(situation: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose nothing: the weight that is missing is not known."""
    del situation, finding
    yield from ()
