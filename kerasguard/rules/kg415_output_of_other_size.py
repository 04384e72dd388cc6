"""The output is a picture or sequence of another size than its labels.

## What it does
An autoencoder, or a network for masks, halves the size of its input and doubles it again. The output has to have the
size of the labels, and has not.

## Why it happens
The size cannot be halved that often: 30 becomes 15, then 8, and 32 on the way back. Or a convolution without padding
cuts off a border.

## Example
```python
x = keras.layers.MaxPooling2D(padding="same")(picture)  # 15 becomes 8
x = keras.layers.UpSampling2D()(x)  # 8 becomes 16
```

## Use instead
```python
x = keras.layers.MaxPooling2D(padding="same")(picture)
x = keras.layers.Cropping2D(((0, 1), (0, 1)))(keras.layers.UpSampling2D()(x))
```

## When the fix is wrong
When the pictures can be read in another size: choose one that can be halved as often as the network does.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.provenance.walk import name_of
from kerasguard.repairs.building.sites import site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, like_data, output_sizes
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG415"
NAME = "output-of-other-size"


def matches(evidence: Evidence) -> Finding | None:
    """Match an output that agrees with its labels in rank and channels, but not in height, width or length."""
    unlike = like_data.unlike(evidence)
    found = output_sizes.missized_of(evidence)
    if unlike is not None and (found is None or any(like_data.candidates(evidence, unlike))):
        return _unlike_data(evidence, unlike)
    if found is None:
        return None
    known = demands.offenders(found.pair)
    site = site_of(evidence, found.last.operation)
    return Finding(
        title=f"The output of {words.receiver(evidence)} is {words.shape(found.output)}, the labels "
        f"`{found.pair.given.name}` are {words.shape(found.pair.given.shape)}.",
        explanation="The loss compares them position by position. The layers listed change the size on the way.",
        offenders=(*known, *_layers(found, {one.name for one in known}), *_model(evidence)),
        expected=(demands.expectation(found.pair, found.wanted, "the size of the labels"),),
        weight=0.6,
        cause=None if site is None else site.place,
    )


def _unlike_data(evidence: Evidence, found: like_data.Unlike) -> Finding:
    given, head = found.pair
    return Finding(
        title=f"The output of {words.receiver(evidence)} is {words.shape(head.shape)}, the labels "
        f"`{given.name}` are {words.shape(given.shape)}.",
        explanation=f"The loss compares them position by position. The data `{found.data.name}` has shape "
        f"{words.shape(found.data.shape)}: the model keeps its size.",
        offenders=(*demands.offenders(found.pair), found.data.offender()),
        expected=(demands.expectation(found.pair, (None, *found.sample), "the size of the data"),),
        weight=0.6,
        suspect=words.suspect(given, words.of_sample((given.shape or ())[1:])),
    )


def _model(evidence: Evidence) -> Iterator[Offender]:
    name = name_of(evidence.event.owner, evidence.frames)
    if name is not None:
        yield Offender(name, "model")


def _layers(found: output_sizes.Missized, known: set[str]) -> Iterator[Offender]:
    for step in found.resizing:
        if step.operation.name not in known:
            known.add(step.operation.name)
            yield Offender(step.operation.name, "layer", step.shapes[0] if step.shapes else None)


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the data's preparation for the labels, padding, or a border cut off or added at the end."""
    del finding
    unlike = like_data.unlike(evidence)
    if unlike is not None:
        yield from like_data.candidates(evidence, unlike)
    found = output_sizes.missized_of(evidence)
    if found is not None:
        yield from output_sizes.candidates(found)
