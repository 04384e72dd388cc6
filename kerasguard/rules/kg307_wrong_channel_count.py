"""The last axis has too many or too few channels (or features).

## What it does
All other axes fit; only the number of channels differs from what the model was built for.

## Why it happens
PNG files may carry a fourth channel (alpha), grey files have one, colour files three. Decoders keep what the file holds
unless they are told otherwise.

## Example
```python
image = tf.io.decode_png(data)               # (48, 48, 4) for a file with alpha
model(image[tf.newaxis])                     # wants (None, 48, 48, 3)
```

## Use instead
```python
image = tf.io.decode_png(data, channels=3)
```

## When the fix is wrong
When the model was meant to see the extra channels: build it with that many instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence, Given
from kerasguard.finding import Finding
from kerasguard.repairs import data
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words

CODE = "KG307"
NAME = "wrong-channel-count"


def matches(evidence: Evidence) -> Finding | None:
    """Match data that this change makes fit."""
    wrong = data.misfits(evidence)
    if not wrong or not any(data.changes(wrong, _this(wrong[0][0]))):
        return None
    given, want = wrong[0]
    return words.data_finding(
        evidence,
        wrong,
        title=f"`{given.name}` has {(given.shape or (None,))[-1]} channels, {words.receiver(evidence)} wants {(want.display or (None,))[-1]}.",
        explanation=f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}: only the last axis differs.",
        weight=0.6,
        has=words.of_last_size((given.shape or (None,))[-1]),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the change where the data is used, or where it was made."""
    del finding
    wrong = data.misfits(evidence)
    yield from data.candidates(evidence, wrong, _this(wrong[0][0]))


def _this(given: Given) -> data.Select:
    def select(change: Transformation) -> bool:
        return change.kind == "channels"

    return select
