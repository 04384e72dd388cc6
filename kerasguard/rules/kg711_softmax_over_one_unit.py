"""A softmax is taken over one unit.

## What it does
A layer of one unit (or filter) has the activation `softmax`. Nothing is raised.

## Why it happens
Softmax divides by the sum over the units. With one unit the result is always 1, whatever the weights are, and no
gradient flows: the model cannot learn. For two classes there are two ways to write the head, and this is half of
each.

## Example
```python
model.add(Dense(1, activation="softmax"))
model.compile("adam", "binary_crossentropy")
```

## Use instead
```python
model.add(Dense(1, activation="sigmoid"))
```

## When the fix is wrong
When there are more than two classes, or the labels are one-hot: then the layer needs one unit for each class.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.adapters import unnoticed
from kerasguard.adapters.specs import read, shape_of
from kerasguard.evidence.situation import Situation
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG711"
NAME = "softmax-over-one-unit"
OCCASIONS = frozenset({"call", "tape"})
POSITIONS = {"Dense": 1, "Activation": 0}


def warns(situation: Situation) -> Finding | None:
    """Warn of a softmax whose output is constant."""
    looked_at = situation.models if situation.training or "tape" in situation.occasions else ()
    found = (unnoticed.softmax_of_one(model) for model in looked_at)
    layer = next((one for one in found if one is not None), None)
    if layer is None:
        return None
    made = constructors.made(situation, layer)
    return Finding(
        title=f"Layer {layer.name!r} takes a softmax over one unit, which is always 1.",
        explanation="Its output does not depend on the weights, so nothing before it can learn.",
        offenders=(Offender(str(layer.name), "layer", shape_of(read(layer, "output"))),),
        cause=made.source.place(made.call) if made is not None else None,
        notes={"layer": layer},
    )


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose a sigmoid where the activation of the last layer is written."""
    layer = finding.notes["layer"]
    made = constructors.made(situation, layer)
    node = made.argument("activation", POSITIONS.get(type(layer).__name__)) if made is not None else None
    home = number_home(node, made.scope) if made is not None and node is not None else None
    if home is None or home.path or made is None:
        return
    if isinstance(home.node, ast.Constant) and home.node.value == "softmax":
        quote = home.source.segment(home.node)[0]
        edit = edits.replace(home.source, home.node, f"{quote}sigmoid{quote}")
        yield Candidate("use a sigmoid", (edit,), cost=0.8, cause=made.source.place(made.call), exact=False)
