"""A tensor in a tf.data pipeline comes from a function in Python, and TensorFlow knows nothing of its shape.

## What it does
`tf.numpy_function` or `tf.py_function` made a part of the elements. Their shape is open down to the number of axes, and
what comes after cannot work with that: a layer that makes weights, a resize, a loss.

## Why it happens
TensorFlow cannot look into Python. It knows the dtypes that were declared, and of the shapes only what it is told.

## Example
```python
image = tf.numpy_function(load, [path], tf.float32)
return image, label
```

## Use instead
```python
image = tf.numpy_function(load, [path], tf.float32)
image.set_shape((64, 64, 3))
return image, label
```

## When the fix is wrong
When the function returns arrays of several shapes: give only the number of axes, `(None, None, 3)`, and resize or pad.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.stages import unshaped
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG613"
NAME = "shape-lost-in-python"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failure on elements of which not even the number of axes is known, behind a call into Python."""
    found = unshaped.unshaped(evidence)
    if found is None:
        return None
    text = " ".join(found.source.segment(found.node).split())
    short = text if len(text) <= words.LONGEST else f"{text[: words.LONGEST - 3]}..."
    parts = f"{len(found.leaves)} parts" if len(found.leaves) > 1 else "a part"
    names = [one.name for one in evidence.everything if one.shape is None and one.spec.dtype is not None]
    function = found.node.args[0] if found.node.args else None
    return Finding(
        title=f"TensorFlow does not know the shape of what `{short}` gives.",
        explanation=f"It cannot look into a function in Python, so {parts} of every element may have any number of axes.",
        offenders=(
            Offender(short, "tensor"),
            *((Offender(found.source.segment(function), "function"),) if function is not None else ()),
            *(Offender(name, "tensor") for name in dict.fromkeys(names)),
        ),
        weight=0.8,
        cause=found.place,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose to tell the shape."""
    del finding
    found = unshaped.unshaped(evidence)
    if found is not None:
        yield from unshaped.candidates(evidence, found)
