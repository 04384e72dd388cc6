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

from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.transformations import Transformation
from kerasguard.rules import words
from kerasguard.rules.axis_mistakes import axis_mistake

CODE = "KG307"
NAME = "wrong-channel-count"


def _is_this(_given: Given, change: Transformation) -> bool:
    return change.kind == "channels"


def _says(evidence: Evidence, given: Given, want: Wanted) -> tuple[str, str]:
    have, wanted = words.last(given.shape), words.last(want.display)
    return (
        f"`{given.name}` has {have} channels, {words.receiver(evidence)} wants {wanted}.",
        f"`{given.name}` has shape {words.shape(given.shape)}; wanted is {words.shape(want.display)}: other channels.",
    )


matches, repairs = axis_mistake(_is_this, _says, lambda _evidence, _given: 0.6)
