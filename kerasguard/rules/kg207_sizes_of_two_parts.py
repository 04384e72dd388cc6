"""A model or layer is given another size than it was built for.

## What it does
A model keeps the shape of its Input, a layer the size that its weights were made for. Here one gives what the other
does not take.

## Why it happens
Generator and discriminator, encoder and decoder compute their sizes in two places; a layer is used twice on tensors
of different sizes.

## Example
```python
generator = make_generator()  # gives (None, 32, 32, 3)
discriminator = make_discriminator((28, 28, 3))
score = discriminator(generator(noise))
```

## Use instead
```python
discriminator = make_discriminator(generator.output_shape[1:])
```

## When the fix is wrong
When the model that gives the tensor is the one with the wrong size.
"""

from __future__ import annotations

from kerasguard.rules.building_words import refused_input

CODE = "KG207"
NAME = "sizes-of-two-parts"

matches, repairs = refused_input(
    CODE,
    title="{layer} is given {given}, and was built for another size.",
    explanation="A model keeps the shape of its Input, a layer the size of its weights.",
    weight=0.6,
)
