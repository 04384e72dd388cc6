"""Two tensors of different dtypes meet in one operation.

## What it does
An operation of your own code, a loss or a metric say, gets float64 and float32, or whole numbers and floats.

## Why it happens
NumPy computes in float64, models in float32. Keras casts what it is given, so the model itself never complains;
TensorFlow's operators cast nothing.

## Example
```python
y = tf.constant(np.sin(t))               # float64
loss = tf.reduce_mean((y - model(t)) ** 2)
```

## Use instead
```python
y = tf.constant(np.sin(t), dtype=tf.float32)
```

## When the fix is wrong
When the precision matters: then make the model one of float64.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.operations import precision
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG504"
NAME = "mixed-dtypes"

ERRORS = ("InvalidArgumentError", "TypeError", "ValueError")


def matches(evidence: Evidence) -> Finding | None:
    """Match operations of the user's own that got two dtypes, and failed on that."""
    if type(evidence.event.error).__name__ not in ERRORS or not _is_about_dtypes(evidence):
        return None
    found = precision.mixed(evidence)
    if found is None:
        return None
    wide, narrow = found
    return Finding(
        title=f"`{wide.name}` is {wide.dtype}, `{narrow.name}` is {narrow.dtype}, and one operation takes both.",
        explanation="TensorFlow's operators do not convert dtypes.",
        offenders=(_offender(wide), _offender(narrow)),
        expected=(Expectation(wide.name, None, narrow.dtype, "the dtype of the other operand"),),
        weight=0.9,
        suspect=Suspect(wide.node, wide.scope, None, wide.name),
    )


def _is_about_dtypes(evidence: Evidence) -> bool:
    """Return whether the message speaks of a type: that two dtypes meet is no mistake for every operation."""
    text = str(evidence.event.error).partition("Arguments received by")[0]  # where Keras lists every dtype
    return any(phrase in text for phrase in ("expected to be a", "that does not match type", "dtype"))


def _offender(operand: precision.Operand) -> Offender:
    shape = tuple(operand.value.shape) if operand.value.shape.rank is not None else None
    return Offender(operand.name, "tensor", shape, operand.dtype)


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the cast."""
    del finding
    found = precision.mixed(evidence)
    if found is not None:
        yield from precision.fitting(evidence, *found)
