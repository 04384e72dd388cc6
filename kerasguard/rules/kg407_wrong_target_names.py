"""The keys of the labels are not the names of the model's outputs.

## What it does
The labels are a dict, and one of its keys names no output.

## Why it happens
Labels in a dict are matched with the outputs by the names of the layers that make them, or by the keys of the dict with
which the model was built. A misspelt key leaves one output without labels, and the error then speaks of something else.

## Example
```python
heat = layers.Reshape((5, 4), name="heatmap")(x)
model.fit(x, {"distance": d, "heat_map": h})
```

## Use instead
```python
model.fit(x, {"distance": d, "heatmap": h})
```

## When the fix is wrong
When the layer should get the name that the data uses.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, targets
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG407"
NAME = "wrong-target-names"


def matches(evidence: Evidence) -> Finding | None:
    """Match dicts of labels whose keys differ from the names of the outputs."""
    difference = targets.names(evidence)
    given, heads = demands.labels(evidence), demands.heads(evidence)
    lost = {head.name for head in heads if head.loss is None}
    if difference is None or not (difference.extra or set(difference.missing) - lost):
        return None
    whole = evidence.written("y", (), evidence.call.y if evidence.call is not None else None)
    extra = ", ".join(f"`{name}`" for name in difference.extra)
    missing = ", ".join(f"`{name}`" for name in difference.missing) or "none of its own"
    strange = f"The labels name {extra}, {words.receiver(evidence)} has no such output; without labels: {missing}."
    return Finding(
        title=strange if extra else f"The labels lack {missing}, which {words.receiver(evidence)} has a loss for.",
        explanation="Labels in a dict are matched with the outputs by name.",
        offenders=(
            Offender(whole[0], "dict", path="y"),
            *(Offender(name, "key") for name in difference.extra),
            *(Offender(name, "output") for name in difference.missing),
        ),
        expected=tuple(Expectation(head.name, head.shape, None, "an output of the model") for head in heads),
        weight=0.9,
        suspect=words.suspect(given[0]),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the names of the outputs."""
    del finding
    difference = targets.names(evidence)
    if difference is not None and difference.extra:
        yield from targets.renamed(evidence, difference)
        yield from targets.named_like(evidence, difference)
