"""A layer of your own fails inside its code on what it is given.

## What it does
The `call` or `build` of a layer, a model, or the function of a Lambda, comes to an operation that cannot work with the
tensors there: a product of matrices of other sizes, a reshape with another number of entries, an inner layer that was
built for another size. Keras says only that the layer failed, or that it could not infer the shape of its output.

## Why it happens
The layer was written for inputs of one shape: a size is written down in it, or taken from the wrong axis, and the layer
before it gives another one. Or two lines of `call` do not go together.

## Example
```python
class Project(keras.layers.Layer):
    def __init__(self, units, size=16):
        super().__init__()
        self.kernel = self.add_weight(shape=(size, units))

    def call(self, x):
        return keras.ops.matmul(x, self.kernel)

x = keras.layers.Dense(12)(inputs)
x = Project(4)(x)
```

## Use instead
```python
x = Project(4, size=12)(x)
```

## When the fix is wrong
When the layer is right and its input is not: then change what comes before it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.building import search as building
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.operations import inside
from kerasguard.repairs.operations.clashes import clash_of
from kerasguard.repairs.operations.inside import Inside
from kerasguard.rules import building_words, words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG211"
NAME = "layer-fails-inside"


def matches(evidence: Evidence) -> Finding | None:
    """Match an operation in the code of the user's own layer that refuses its operands."""
    found = inside.inside_of(evidence)
    if found is None:
        return None
    failure = building_words.of_kind(evidence, CODE)
    known = [] if failure is None else building_words.offenders(failure, CODE)
    layer, own = found.layer, type(found.layer).__name__
    named = (
        Offender(layer.name, "layer", found.given[0] if found.given else None),
        Offender(own, "class"),
        *(Offender(text, "tensor", shape) for text, shape in inside.operands(found)),
        *(Offender(name, "variable") for name in inside.names(found)),
        *((Offender(found.inner.name, "layer"),) if found.inner is not None else ()),
    )
    seen = {one.name for one in named}
    return Finding(
        title=f"`{_short(found.text)}` in {found.method} fails on what layer {layer.name!r} ({own}) is given.",
        explanation=_explanation(found),
        offenders=(*named, *(one for one in known if one.name not in seen)),
        weight=_weight(evidence, found),
        cause=found.place,
        lines=(*inside.lines(found), *(building_words.way(failure) if failure is not None else ())),
    )


def _weight(evidence: Evidence, found: Inside) -> float:
    if inside.knew_other_data(evidence, found):
        return 0.3  # the layer worked before: what is wrong came with the data
    return 0.62 if clash_of(evidence) is None else 0.35  # two operands of which neither is a weight: KG210


def _explanation(found: Inside) -> str:
    given = " and ".join(words.shape(shape) for shape in found.given) or "no tensors"
    told = [f"`{_short(text)}` is {words.shape(shape)}" for text, shape in inside.operands(found)]
    said = f"The layer is given {given}"
    said += f"; there {', '.join(told)}." if told else "."
    if found.inner is not None:
        said += f" Layer {found.inner.name!r} ({type(found.inner).__name__}) refuses that."
    return said


def _short(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:47]}..."


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose other numbers inside the layer, where it is made, or in the layers before it."""
    del finding
    found = inside.inside_of(evidence)
    if found is not None:
        yield from building.candidates(evidence, CODE)
        if building.failure_of(evidence) is None:
            yield from inside.candidates(evidence, found)
