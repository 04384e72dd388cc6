"""A softmax is taken over an axis that is not that of the classes.

## What it does
A `Softmax` layer works on the axis of the samples, or the last layer of a classifier on another axis than the last one.
Nothing is raised.

## Why it happens
A model's axis 0 is the batch: what was written for a single sample counts one axis too few. Over the samples the outputs
of one sample depend on what else is in its batch, and they do not add up to 1.

## Example
```python
outputs = layers.Softmax(axis=0)(scores)        # (batch, classes)
```

## Use instead
```python
outputs = layers.Softmax()(scores)
```

## When the fix is wrong
When the classes really lie on another axis: then the loss has to be told so (`axis=`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import losses, unnoticed
from kerasguard.adapters.specs import read, shape_of
from kerasguard.evidence.situation import Situation
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG713"
NAME = "softmax-over-wrong-axis"
OCCASIONS = frozenset({"call", "tape"})
OF_CLASSES = frozenset({"categoricalcrossentropy", "sparsecategoricalcrossentropy"})


def warns(situation: Situation) -> Finding | None:
    """Warn of a softmax that mixes samples, and of an output whose classes do not add up to one."""
    looked_at = situation.models if situation.training or "tape" in situation.occasions else ()
    mixing = next((one for one in map(unnoticed.softmax_over_samples, looked_at) if one is not None), None)
    layer = mixing if mixing is not None else _output(situation)
    if layer is None:
        return None
    made = constructors.made(situation, layer)
    return Finding(
        title=f"Layer {layer.name!r} takes a softmax over {'the samples' if mixing is not None else 'another axis'}, "
        "not over the classes.",
        explanation="What one sample gives depends on the others in its batch, and does not add up to 1."
        if mixing is not None
        else "The loss takes the last axis for that of the classes, and there the output does not add up to 1.",
        offenders=(Offender(str(layer.name), "layer", shape_of(read(layer, "output"))),),
        cause=made.source.place(made.call) if made is not None else None,
        notes={"layer": layer},
    )


def _output(situation: Situation) -> Any:
    """Return the layer of an output whose softmax is not over the axis that its loss takes for the classes."""
    if not situation.training:
        return None
    for head in losses.heads(situation.event.owner):
        axis = unnoticed.axis_of_softmax(head.layer) if head.layer is not None else None
        loss_axis = read(head.loss, "axis")
        if axis is None or head.loss_name not in OF_CLASSES or loss_axis not in (None, -1):
            continue
        if axis[0] != axis[1] - 1:
            return head.layer
    return None


def repairs(situation: Situation, finding: Finding) -> Iterator[Candidate]:
    """Propose the last axis where the layer is made."""
    made = constructors.made(situation, finding.notes["layer"])
    node = made.argument("axis", 0) if made is not None else None
    if made is not None and isinstance(node, ast.Constant | ast.UnaryOp):
        edit = edits.replace(made.source, node, "-1")
        place = made.source.place(made.call)
        yield Candidate("take it over the last axis", (edit,), cost=0.8, cause=place, exact=False)
