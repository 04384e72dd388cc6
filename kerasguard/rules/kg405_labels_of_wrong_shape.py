"""The labels have axes or channels that the output does not have.

## What it does
Labels and output differ in the number of axes, or a mask has the channels of a picture.

## Why it happens
A mask read like a photograph has three equal channels, the network predicts one. `labels[None]`, a stack of one array
or a generator that adds the batch axis by hand leave an axis of one too many.

## Example
```python
mask = load_picture(path)            # (128, 128, 3)
unet.fit(images, masks)              # the output is (None, 128, 128, 1)
```

## Use instead
```python
unet.fit(images, masks[..., :1])
```

## When the fix is wrong
When the channels of the mask are classes: then the last layer needs as many filters.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, shapes, unlabelled
from kerasguard.rules import words
from kerasguard.rules.finding import Finding

CODE = "KG405"
NAME = "labels-of-wrong-shape"


def _wrong(evidence: Evidence) -> tuple[demands.Pair, shapes.Change] | None:
    for pair in demands.pairs(evidence):
        change = shapes.change(pair) or shapes.ahead(evidence, pair)
        if change is not None:
            return pair, change
    return None


def matches(evidence: Evidence) -> Finding | None:
    """Match labels that a slice of channels, or an axis less, makes fit."""
    wrong = _wrong(evidence)
    if wrong is None:
        return _single(evidence) or _unlike(evidence)
    pair, change = wrong
    given, head = pair
    return Finding(
        title=f"The labels `{given.name}` have shape {words.shape(given.shape)}, output '{head.name}' of "
        f"{words.receiver(evidence)} has {words.shape(head.shape)}.",
        explanation=f"The loss compares them element by element. To mend it: {change.title}.",
        offenders=demands.offenders(pair),
        expected=(demands.expectation(pair, head.shape, "the output of the model"),),
        weight=0.85,
        suspect=words.suspect(given),
    )


def _single(evidence: Evidence) -> Finding | None:
    """Match one label alone, where a batch of labels belongs."""
    for given in demands.labels(evidence):
        if given.shape == () and given.element is None:
            heads = [head for head in unlabelled.heads(evidence) if head.loss is not None]
            return Finding(
                title=f"`{given.name}` is one label, {words.receiver(evidence)} wants one for each sample of a batch.",
                explanation="It has shape (), without the batch axis in front.",
                offenders=(given.offender(),),
                expected=tuple(
                    demands.expectation(demands.Pair(given, head), (None,), "a batch") for head in heads[:1]
                ),
                weight=0.9,
                suspect=words.suspect(given),
            )
    return None


def _unlike(evidence: Evidence) -> Finding | None:
    """Match labels that do not fit an output for which no layer alone is responsible."""
    for pair in demands.pairs(evidence):
        given, head = pair
        if head.loss is None or head.sparse or head.maker is not None or demands.fits(pair):
            continue
        return Finding(
            title=f"The labels `{given.name}` have shape {words.shape(given.shape)}, output '{head.name}' of "
            f"{words.receiver(evidence)} has {words.shape(head.shape)}.",
            explanation="The loss compares them element by element.",
            offenders=demands.offenders(pair),
            expected=(demands.expectation(pair, head.shape, "the output of the model"),),
            weight=0.4,
            suspect=words.suspect(given),
        )
    return None


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the slice or the axis less, where the labels are made."""
    del finding
    wrong = _wrong(evidence)
    if wrong is not None:
        yield from shapes.candidates(evidence, *wrong)
