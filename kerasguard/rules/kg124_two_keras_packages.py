"""Objects of Keras 3 and of tf_keras meet in one model.

## What it does
A layer, model, tensor or optimizer of one package was given to an object of the other.

## Why it happens
Since TensorFlow 2.16 `tf.keras` is Keras 3; the Keras before it lives on as `tf_keras`. Libraries written for the
older one (transformers, tensorflow_hub) still use tf_keras. The two look alike and do not know each other.

## Example
```python
model = tf.keras.Sequential([tf_keras.layers.Dense(4)])
```

## Use instead
```python
model = tf_keras.Sequential([tf_keras.layers.Dense(4)])
```

## When the fix is wrong
When the rest of the program needs the other package: wrap the object in a layer of that package.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.graph import layer_calls, packages
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender, Step

CODE = "KG124"
NAME = "two-keras-packages"


def matches(evidence: Evidence) -> Finding | None:
    """Match a failing call of one Keras that was given an object of the other."""
    found = packages.mixed(evidence)
    if found is None:
        return None
    lines = [
        f"line {node.lineno} brings in {package}"
        for package in packages.BOTH
        for node in list(packages.imports_of(found.source, package))[:1]
    ]
    return Finding(
        title=f"`{found.name}` is of {found.package}, {found.receiver_name} of {found.other}: they do not mix.",
        explanation=f"tf.keras is {packages.tensorflow_keras()} here" + (f"; {'; '.join(lines)}." if lines else "."),
        offenders=(
            Offender(found.name, found.package),
            Offender(found.receiver_name, found.other),
            Offender(str(getattr(found.receiver, "name", "")), found.other),
        ),
        weight=0.95,
        cause=found.made,
        lines=tuple(
            Step(place, f"`{name}` of {package} is made here")
            for place, name, package in (
                (found.made, found.name, found.package),
                (layer_calls.made_at(found.receiver), type(found.receiver).__name__, found.other),
            )
            if place is not None
        ),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose one package for everything."""
    del finding
    found = packages.mixed(evidence)
    if found is not None:
        yield from packages.candidates(found)
