"""A layer was given weights whose shape is not that of its variables.

## What it does
An array passed to `set_weights`, or as `weights=`, has another shape than the variable that it is for.

## Why it happens
Mostly it is a matrix of word vectors. An `Embedding` has `input_dim` rows; ids that start at 1 leave row 0 to the
padding, so the table needs one row more than there are words, and the matrix has to be made with that row as well.

## Example
```python
rows = len(word_index) + 1
matrix = np.zeros((len(word_index), 100))
layers.Embedding(rows, 100, weights=[matrix])
```

## Use instead
```python
matrix = np.zeros((rows, 100))              # row 0 is the padding's
```

## When the fix is wrong
When ids start at 0 and there is no padding: then the table is what has a row too many.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.building import given_weights
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import words
from kerasguard.rules.finding import Finding, Suspect
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG606"
NAME = "weights-of-wrong-shape"


def matches(evidence: Evidence) -> Finding | None:
    """Match arrays that a layer's variables refuse for their shape."""
    found = given_weights.refused(evidence)
    if found is None:
        return None
    layer = str(found.layer.name)
    return Finding(
        title=f"`{found.name}` has shape {words.shape(found.given)}, the weights of layer '{layer}' "
        f"{words.shape(found.wanted)}.",
        explanation="Weights are copied one to one into the variables of a layer.",
        offenders=(Offender(found.name, "weights", found.given), Offender(layer, "layer", found.wanted)),
        expected=(Expectation(layer, found.wanted, None, "the variable of the layer"),),
        weight=0.9,
        suspect=Suspect(found.node, found.scope, None, found.name, path=found.path),
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose a matrix of as many rows as the table, or the other way round."""
    del finding
    found = given_weights.refused(evidence)
    if found is not None:
        yield from given_weights.candidates(evidence, found)
