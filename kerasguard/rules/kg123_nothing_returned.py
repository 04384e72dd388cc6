"""A layer or function of the program returns nothing.

## What it does
The next layer gets None: the `call` of a layer, or a function that builds a part of the model, has no `return`, or
not on every path.

## Why it happens
A Python function without `return` returns None, silently; the error appears where the None is used.

## Example
```python
class Pool(keras.layers.Layer):
    def call(self, x):
        pooled = keras.ops.mean(x, axis=1)
```

## Use instead
```python
class Pool(keras.layers.Layer):
    def call(self, x):
        pooled = keras.ops.mean(x, axis=1)
        return pooled
```

## When the fix is wrong
When something else than the last computed value should be returned.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import returns
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG123"
NAME = "nothing-returned"


def matches(evidence: Evidence) -> Finding | None:
    """Match a None in the failing line that came out of a function of the user's without a return."""
    found = returns.nothing(evidence)
    if found is None:
        return None
    text = found.scope.source.segment(found.node) if found.scope.source is not None else ""
    some = any(one.value is not None for one in returns.returns_of(found.function))
    return Finding(
        title=f"`{text}` is None: {found.name} returns nothing{' on every path' if some else ''}.",
        explanation="The expression of a lambda is what it returns; this one gives None."
        if isinstance(found.function, ast.Lambda)
        else "A function without `return` gives None."
        if not some
        else "The function ends without `return` unless one branch is taken.",
        offenders=(
            Offender(text, "none"),
            Offender(found.name, "function"),
            Offender(found.name.partition(".")[0], "class"),
            *((Offender(found.layer, "layer"),) if found.layer else ()),
        ),
        weight=0.9,
        suspect=Suspect(found.node, found.scope, None, text),
        cause=returns.blame(found),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the return statement."""
    del finding
    found = returns.nothing(evidence)
    if found is not None:
        yield from returns.candidates(found)
