"""An argument that Keras does not take, or takes under another name today.

## What it does
A layer, an optimizer, a model or a function of Keras was given a keyword that is not one of its parameters.

## Why it happens
Argument names changed over the years (`lr` became `learning_rate`, `input` became `inputs`), tutorials and books did
not; or the name is misspelt; or it is an argument of the layer's call, or of the layer inside a wrapper. Arguments
that are gone altogether can be left out.

## Example
```python
optimizer = keras.optimizers.Adam(lr=0.001)
```

## Use instead
```python
optimizer = keras.optimizers.Adam(learning_rate=0.001)
```

## When the fix is wrong
When a removed argument did something that the program relies on.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls
from kerasguard.repairs.symbolic import arguments
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG125"
NAME = "unknown-argument"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing call of Keras with keywords that are not its parameters."""
    found = arguments.unknown(evidence)
    if found is None or not isinstance(evidence.event.error, TypeError | ValueError):
        return None
    wrong = ", ".join(f"`{name}`" for name in found.names)
    name = layer_calls.callee_name(found.call)
    today = [f"`{new}` (for `{old}`)" for old, new in found.names.items() if new]
    return Finding(
        title=f"{name} takes no argument {wrong}.",
        explanation=_explanation(found, today),
        offenders=(
            *(Offender(old, "argument") for old in found.names),
            *(Offender(new, "argument") for new in found.names.values() if new),
            Offender(name, "callable"),
        ),
        expected=tuple(Expectation(new, None, None, f"what {name} takes") for new in found.names.values() if new),
        weight=0.9,
        cause=found.call.place,
    )


def _explanation(found: arguments.Unknown, today: list[str]) -> str:
    if found.moved is not None:
        return f"It is an argument of {found.moved.what}."
    return f"What it takes: {', '.join(today)}." if today else "The argument has no successor."


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the names that it takes."""
    del finding
    found = arguments.unknown(evidence)
    if found is not None:
        yield from arguments.candidates(evidence, found)
