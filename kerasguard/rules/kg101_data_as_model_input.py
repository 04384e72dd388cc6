"""A model was built on data instead of on an Input.

## What it does
`Model(inputs=...)` got an array, a tensor with values, a variable or a number where an `Input` belongs.

## Why it happens
A functional model is a graph from Inputs to outputs; it is given data only when it is called. Layers called on data
compute at once and leave no graph behind. Often the name of the Input was bound to data in between, by a quick look
at one sample for instance.

## Example
```python
x, y = next(iter(dataset))
hidden = layers.Dense(8)(x)
model = keras.Model(inputs=x, outputs=hidden)
```

## Use instead
```python
x, y = next(iter(dataset))
inputs = keras.Input(shape=x.shape[1:])
hidden = layers.Dense(8)(inputs)
model = keras.Model(inputs=inputs, outputs=hidden)
```

## When the fix is wrong
When the data was meant as a constant of the model: hold it in a layer then.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.dataflow import references
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.graph import rewiring
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG101"
NAME = "data-as-model-input"


def matches(evidence: Evidence) -> Finding | None:
    """Match data among the inputs of a functional model that is being built."""
    found = rewiring.fed(evidence)
    if not found:
        return None
    one = found[0]
    spec = specs.spec_of(one.leaf)
    bound = rewiring.rebindings(one)
    wired = None if bound else rewiring.wiring(one)
    why = "Layers that are called on data compute at once; a model is built on `keras.Input` and given data later."
    if bound:
        why = f"The name `{one.text}` held an Input and was then bound to data."
    cause = wired.blame if wired is not None else None
    if bound and len(bound) > 0:
        cause = statement_place(one.source, bound[0].statement)
    return Finding(
        title=f"`{one.text}` is data ({spec.kind}), not an Input: a model cannot be built on it.",
        explanation=why,
        offenders=(
            *(Offender(each.text, specs.kind_of(each.leaf), specs.shape_of(each.leaf)) for each in found),
            *_on_the_way(one, wired),
        ),
        expected=(Expectation("inputs", None, None, "keras.Model takes what keras.Input returns"),),
        weight=0.8,
        suspect=Suspect(one.node, one.scope, None, one.text),
        cause=cause,
    )


def _on_the_way(one: rewiring.Fed, wired: rewiring.Wiring | None) -> Iterator[Offender]:
    """Yield the names that were computed from the data."""
    names = sorted(references(one.source, one.outputs)) if one.outputs is not None else []
    for part in wired.parts if wired is not None else ():
        names += sorted(part.targets)
    for name in dict.fromkeys(names):
        if not isinstance(one.scope.current(name.partition(".")[0]), ModuleType):
            yield Offender(name, "variable")


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose another name for the data, the Input that feeds the outputs, or an Input of the data's shape."""
    del finding
    found = rewiring.fed(evidence)
    if len(found) == 1:
        yield from rewiring.renamed(evidence, found[0])
        yield from rewiring.replaced(evidence, found[0])
    through = list(rewiring.through_new_input(evidence, found))
    yield from through
    if not through and len(found) == 1:
        yield from rewiring.at_birth(evidence, found[0])
