"""A layer has to know a size that was left open.

## What it does
The weights of Dense depend on the size of its input's last axis. That size is None: it comes from axes of the Input
that were left open, through Flatten for instance.

## Why it happens
`Input((None, None, 3))` lets pictures of every size in, which convolutions can work on, Flatten and Dense cannot.

## Example
```python
x = keras.Input((None, None, 3))
y = keras.layers.Dense(10)(keras.layers.Flatten()(x))
```

## Use instead
```python
y = keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(x))
```

## When the fix is wrong
When all inputs have the same size anyway: write that size into the Input and keep Flatten.
"""

from __future__ import annotations

from kerasguard.rules.building_words import refused_input

CODE = "KG204"
NAME = "undefined-size"

matches, repairs = refused_input(
    CODE,
    title="{layer} needs a size that is left open: it is given {given}.",
    explanation="Its weights depend on a size that is None here, since the Input leaves it open.",
    weight=0.6,
)
