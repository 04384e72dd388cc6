"""A symbolic tensor was given to a function of TensorFlow or NumPy.

## What it does
While a model is being built, its tensors stand for values that do not exist yet. A function that wants values, or
that knows nothing of Keras' tensors, refuses them.

## Why it happens
Code that worked on arrays, or with an older Keras that took TensorFlow's functions on its tensors, is used between
the layers of a functional model. Keras has the same functions in `keras.ops`; anything else belongs into a layer.

## Example
```python
x = layers.Dense(8)(inputs)
x = np.log(x)
```

## Use instead
```python
x = layers.Dense(8)(inputs)
x = keras.ops.log(x)
```

## When the fix is wrong
When the function should be applied to the data before it enters the model.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.adapters import foreign as functions
from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.graph import layer_calls
from kerasguard.repairs.symbolic import foreign
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Offender

CODE = "KG102"
NAME = "symbolic-tensor-in-foreign-function"


def matches(evidence: Evidence) -> Finding | None:
    """Match a call of a TensorFlow or NumPy function that was given a symbolic tensor and refused it."""
    call = foreign.foreign_call(evidence)
    if call is None:
        return None
    inside = evidence.event.entry == "call" or not foreign.of_keras(call)
    if inside and functions.root_of(call.function) == "tensorflow":
        return None  # inside a layer or step TensorFlow's functions work: this one fails for another reason
    function = call.source.segment(call.node.func)
    tensors = list(foreign.tensors_of(call))
    text, value = tensors[0]
    return Finding(
        title=f"{function} was given the symbolic tensor `{text}`, which has no values yet.",
        explanation="While a model is built only layers and keras.ops compute on its tensors.",
        offenders=(
            *(Offender(name, "keras", layer_calls.shape_of(one)) for name, one in tensors),
            *layer_calls.assigned(call),
            *callers(evidence),
        ),
        weight=0.85,
        suspect=Suspect(call.node.args[0], call.scope, None, text) if call.node.args else None,
        cause=statement_place(call.source, call.node),
        notes={"value": layer_calls.shape_of(value)},
    )


def callers(evidence: Evidence) -> Iterator[Offender]:
    """Yield what the calling lines passed on, and what they bound: the tensor under its names further out."""
    import ast

    for frame in evidence.frames[-2:-1]:
        if isinstance(frame.node, ast.Call) and frame.source is not None and evidence.frames[-1].direct:
            for node in frame.node.args:
                yield Offender(frame.source.segment(node), "keras")
            statement = frame.source.statement(frame.node)
            for target in statement.targets if isinstance(statement, ast.Assign) else ():
                yield Offender(frame.source.segment(target), "variable")


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose Keras' own function, or a layer around the code."""
    del finding
    yield from foreign.candidates(evidence)
