"""Two sizes are passed to the constructor of a model in each other's place.

## What it does
A model of a class of your own is made with two numbers in the wrong order: what was meant for the first parameter is
passed for the second. The class is right, the call that makes the model is not.

## Why it happens
Both are whole numbers, so Python notices nothing, and the parts that depend on them are built long before data comes.

## Example
```python
class Policy(keras.Model):
    def __init__(self, observation_size, n_actions): ...

policy = Policy(env.n_actions, env.observation_size)
```

## Use instead
```python
policy = Policy(env.observation_size, env.n_actions)
```

## When the fix is wrong
When the two numbers are right and the data has another size by chance that equals one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.own_models import exchanges
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG316"
NAME = "arguments-exchanged"


def matches(evidence: Evidence) -> Finding | None:
    """Match a model that takes its data when two numbers of its constructor change places."""
    found = exchanges.exchange_of(evidence)
    if found is None:
        return None
    one, other = found.texts
    model = type(evidence.event.owner).__name__
    given = evidence.given
    named = {str(evidence.event.owner.name): "model", model: "class", one: "variable", other: "variable"}
    if evidence.failing is not None:
        named.setdefault(str(evidence.failing.layer.name), "layer")
    short = {text.rpartition(".")[2]: "variable" for text in (one, other) if text.replace(".", "").isidentifier()}
    names = {**named, **{name: kind for name, kind in short.items() if name not in named}}
    return Finding(
        title=f"`{one}` and `{other}` are passed to {model}() in each other's place.",
        explanation=f"With the two exchanged, {words.receiver(evidence)} takes what it is given.",
        offenders=(
            *(Offender(name, kind) for name, kind in names.items()),
            *(one.offender() for one in given if one.name not in names),
        ),
        weight=0.9,
        cause=found.maker.site.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the two arguments in the other order."""
    del finding
    found = exchanges.exchange_of(evidence)
    if found is not None:
        one, other = found.texts
        yield Candidate(
            title=f"exchange `{one}` and `{other}`",
            edits=found.edits,
            cost=0.3,
            check=lambda: found.outcome,
            cause=found.maker.site.place,
        )
