"""The tensors that are brought together do not have sizes that go together.

## What it does
Add, Multiply and the like want tensors of equal shape, Concatenate wants all axes but one to be equal, Dot and
attention want common axes.

## Why it happens
A residual block changes the number of channels while the shortcut keeps it; a size that is halved and doubled again
is odd somewhere; one branch is flattened and the other is not.

## Example
```python
y = keras.layers.Conv2D(64, 3, padding="same")(x)
x = keras.layers.Add()([y, x])  # x has 32 channels
```

## Use instead
```python
y = keras.layers.Conv2D(64, 3, padding="same")(x)
x = keras.layers.Add()([y, keras.layers.Conv2D(64, 1)(x)])
```

## When the fix is wrong
When the branches were never meant to meet here: look at which tensors the two names are bound to.
"""

from __future__ import annotations

from kerasguard.rules.building_words import refused_input

CODE = "KG202"
NAME = "merged-inputs-disagree"

matches, repairs = refused_input(
    CODE,
    title="{layer} cannot bring {given} together.",
    explanation="The shapes have to agree, except for the axis along which tensors are concatenated.",
    weight=0.6,
)
