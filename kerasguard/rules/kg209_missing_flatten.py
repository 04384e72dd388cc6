"""The model still has positions in its output where the labels have one entry per sample.

## What it does
Convolutions keep the height and width of a picture, and Dense works on the last axis only: it gives one result per
position. Nothing before the output brings these results together.

## Why it happens
`Flatten()` or a global pooling between the convolutions and the classifier is missing, or the last recurrent layer
says `return_sequences=True`.

## Example
```python
x = keras.layers.Conv2D(8, 3)(image)
scores = keras.layers.Dense(10, activation="softmax")(x)
```

## Use instead
```python
x = keras.layers.Conv2D(8, 3)(image)
x = keras.layers.Flatten()(x)
scores = keras.layers.Dense(10, activation="softmax")(x)
```

## When the fix is wrong
When one result per position is meant, as in segmentation: then the labels lack these axes.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.adapters.rebuild_plan import Step
from kerasguard.evidence import Evidence
from kerasguard.repairs.building.sites import site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, flattening
from kerasguard.repairs.own_models import sequences
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG209"
NAME = "missing-flatten"


def matches(evidence: Evidence) -> Finding | None:
    """Match a model whose output has more axes than labels with one entry per sample."""
    found = flattening.unflattened_of(evidence)
    if found is None:
        kept = sequences.kept_of(evidence)
        return None if kept is None else _of_own_model(evidence, kept)
    model, layer = found.plan.goal, found.step.operation
    site = found.site
    output, labels = words.shape(found.output), words.shape(found.labels)
    return Finding(
        title=f"The output {output} of {model.name!r} still has positions, the labels {labels} have none.",
        explanation=f"{layer.name!r} is given {words.shape(found.shape)} and works on the last axis of it only.",
        offenders=(
            Offender(layer.name, "layer", found.shape),
            *(Offender(step.operation.name, "layer") for step in _around(found)),
            *(one.offender() for one in evidence.everything if one.slot == "y"),
        ),
        expected=(Expectation(layer.name, (found.shape[0], None), None, "the labels have one entry per sample"),),
        weight=0.6,
        cause=None if site is None else site.place,
    )


def _of_own_model(evidence: Evidence, kept: sequences.Kept) -> Finding:
    given, head = kept.pair
    site = site_of(evidence, kept.last)
    names = dict.fromkeys([kept.last.name, *(one.name for one in (head.layer, head.maker) if one is not None)])
    return Finding(
        title=f"The output {words.shape(head.shape)} of {evidence.event.owner.name!r} still has positions, the labels "
        f"{words.shape(given.shape)} have none.",
        explanation=f"{kept.last.name!r} returns every step of its sequence, and so does all that follows.",
        offenders=(*(Offender(name, "layer") for name in names), given.offender(), *sequences.names(evidence, kept)),
        expected=(demands.expectation(kept.pair, given.shape, "one entry for each sample"),),
        weight=0.6,
        cause=None if site is None else site.place,
    )


def _around(found: flattening.Unflattened) -> list[Step]:
    """Return the steps that lead to it, and the recurrent layer behind it."""
    steps = list(found.plan.upstream(found.step))
    recurrent = found.recurrent
    return steps if recurrent is None or recurrent in {found.step, *steps} else [recurrent, *steps]


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the last output only of a recurrent layer, Flatten or a global pooling before the first other layer."""
    del finding
    found = flattening.unflattened_of(evidence)
    if found is not None:
        yield from flattening.last_only(found)
        yield from flattening.inserted(found)
        return
    kept = sequences.kept_of(evidence)
    if kept is not None:
        yield from sequences.candidates(evidence, kept)
