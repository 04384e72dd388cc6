"""The picture or sequence has become too small for the next layer.

## What it does
Convolutions and poolings without padding make their input smaller. After some of them there are fewer positions left
than the next window is wide.

## Why it happens
The network was written for larger inputs, or has one block too many.

## Example
```python
model = keras.Sequential([keras.Input((28, 28, 1))])
for filters in (16, 32, 64, 128):
    model.add(keras.layers.Conv2D(filters, 3))
    model.add(keras.layers.MaxPooling2D())
```

## Use instead
```python
    model.add(keras.layers.Conv2D(filters, 3, padding="same"))
```

## When the fix is wrong
When the architecture is to stay as it is: use larger inputs, or fewer blocks.
"""

from __future__ import annotations

from kerasguard.rules.building_words import refused_input

CODE = "KG203"
NAME = "size-became-too-small"

matches, repairs = refused_input(
    CODE,
    title="{layer} is given {given}, which is too small for it.",
    explanation="Every convolution and pooling before it made the input smaller; a larger one would be accepted.",
    weight=0.6,
)
