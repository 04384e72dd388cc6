"""A function or class that this Keras does not have.

## What it does
A module of Keras was asked for a name that it does not hold, or the learning phase was used as an input.

## Why it happens
Keras moved and removed functions: the backend functions became `keras.ops`, and whether a model trains is said when
it is called (`training=True`), no longer fed as a tensor.

## Example
```python
run = K.function([model.input, K.learning_phase()], [layer.output])
values = run([x, 0])
```

## Use instead
```python
run = keras.Model(model.input, [layer.output])
values = run(x, training=False)
```

## When the fix is wrong
When the program has to run on the older Keras as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.symbolic import removed
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG126"
NAME = "removed-function"


def matches(evidence: Evidence) -> Finding | None:
    """Match a missing attribute of a module of Keras, or the learning phase among the inputs of a model."""
    found = removed.removed(evidence)
    if found is None:
        return None
    statement = found.source.statement(found.node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return Finding(
        title=f"`{found.name}` is no tensor and no part of {found.root}.{found.module} today."
        if found.name == removed.PHASE
        else f"{found.root}.{found.module} has no `{found.name}`.",
        explanation="Keras' functions moved: tensors are computed on with keras.ops and layers."
        if found.name != removed.PHASE
        else "Whether a model trains is said when it is called: `model(x, training=False)`.",
        offenders=(
            Offender(found.name, "function"),
            *(Offender(found.source.segment(target), "variable") for target in targets),
        ),
        weight=0.95,
        cause=statement_place(found.source, found.node),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose what does the same today."""
    del finding
    found = removed.removed(evidence)
    if found is not None:
        yield from removed.candidates(evidence, found)
