"""A layer, a model or a function stands where its output belongs.

## What it does
A layer was made but never called on a tensor (or a class was not even made into a layer), and what should be a tensor
is the layer itself.

## Why it happens
`Dense(10)` makes a layer; only `Dense(10)(x)` computes something from `x`. The missing `(x)` shows up where the
result is used next: in another layer, or in `Model(...)`.

## Example
```python
x = layers.Flatten()(inputs)
x = layers.Dense(10)
model = keras.Model(inputs, x)
```

## Use instead
```python
x = layers.Flatten()(inputs)
x = layers.Dense(10)(x)
model = keras.Model(inputs, x)
```

## When the fix is wrong
When the layer should be called on another tensor.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.graph import classes, layer_calls, members
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG120"
NAME = "never-called"


def matches(evidence: Evidence) -> Finding | None:
    """Match a layer, a class of layers, a model or a function in the place of a tensor."""
    bare = classes.bare_classes(evidence)
    if bare:
        return _class_in_model(evidence, bare)
    strange = members.strange_members(evidence)
    if strange:
        return _no_layer(strange[0])
    found = layer_calls.layers_used_as_tensors(evidence)
    if not found or layer_calls.constructed_with_tensors(evidence) is not None:
        return None
    used = found[0]
    value = used.value
    if inspect.isfunction(value):
        what, name = "a function", value.__name__
    elif isinstance(value, type):
        what, name = "a class of layers", value.__name__
    elif specs.kind_of(value) == "model":
        what, name = "a model", value.name
    else:
        what, name = f"a layer ({type(value).__name__})", value.name
    cause = None
    if used.made is not None and used.home.source is not None and used.made is not used.node:
        cause = statement_place(used.home.source, used.made)
    return Finding(
        title=f"`{used.name}` is {what}, not the tensor it returns: it was never called.",
        explanation="A layer computes something only when it is called on a tensor.",
        offenders=(Offender(used.name, "layer"), Offender(name, "layer"), Offender(type(value).__name__, "class")),
        weight=0.85,
        suspect=Suspect(used.node, used.scope, None, used.name),
        cause=cause,
    )


def _no_layer(found: members.Member) -> Finding:
    made = found.layer
    what = "a function" if made is None else f"what layer {made.name!r} returns"
    return Finding(
        title=f"`{found.name}` is {what}, not a layer: a Sequential is made of layers.",
        explanation="Keras calls the layers of a Sequential itself, one on what the other returns.",
        offenders=(
            Offender(found.name, "function" if made is None else "tensor", layer_calls.shape_of(found.value)),
            *((Offender(made.name, "layer"),) if made is not None else ()),
        ),
        weight=0.9,
        cause=found.place,
    )


def _class_in_model(evidence: Evidence, bare: list[classes.Bare]) -> Finding:
    name = bare[0].name
    call = evidence.site_call
    given = [one.id for one in call.args if isinstance(one, ast.Name)] if call is not None else []
    return Finding(
        title=f"`{name}` is a class of layers, not a layer: its parentheses are missing.",
        explanation=f"A model is made of layers; `{name}(...)` makes one.",
        offenders=(
            Offender(name, "class"),
            Offender(bare[0].cls.__name__, "class"),
            *(Offender(one, "list") for one in given),
        ),
        weight=0.9,
        cause=bare[0].place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to call it on the tensor that was there before."""
    del finding
    yield from classes.candidates(classes.bare_classes(evidence))
    yield from members.candidates(evidence, members.strange_members(evidence))
    for used in layer_calls.layers_used_as_tensors(evidence)[:1]:
        yield from layer_calls.calls_of_never_called(evidence, used)
