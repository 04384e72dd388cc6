"""The weights of samples or classes do not have the form that fit takes.

## What it does
`sample_weight` is not one number for each sample, `class_weight` is not a dict, or it is given where fit takes none: for
a model with several outputs, or with a generator as data.

## Why it happens
`sample_weight` weighs the loss of each sample, so it has as many numbers as there are samples. Weights of classes go
into `class_weight`, a dict from class number to weight; what `compute_class_weight` returns is an array, and neither of
the two.

## Example
```python
weights = compute_class_weight("balanced", classes=[0, 1, 2], y=y)
model.fit(x, y, sample_weight=weights)
```

## Use instead
```python
model.fit(x, y, class_weight=dict(enumerate(weights)))
```

## When the fix is wrong
When every column of the output needs a weight of its own: give the model one output for each column.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, weights, weights_of_outputs
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG408"
NAME = "wrong-weights"


def matches(evidence: Evidence) -> Finding | None:
    """Match sample weights for classes or columns, and class weights that are no dict."""
    if weights.class_weight(evidence) is not None:
        return Finding(
            title="`class_weight` is not a dict.",
            explanation="It is looked up by class number.",
            offenders=(Offender("class_weight", type(weights.class_weight(evidence)).__name__),),
            weight=0.9,
        )
    if weights_of_outputs.refused(evidence):
        return _refused(evidence)
    given, rows = weights.sample_weight(evidence), weights.rows(evidence)
    if given is None or not (weights.per_class(evidence) or weights.per_output(evidence)):
        return None
    what = "one for each class" if weights.per_class(evidence) else "more than one for each sample"
    return Finding(
        title=f"`{given.name}` has shape {words.shape(given.shape)}: {what}. "
        "`sample_weight` takes one for each sample.",
        explanation=f"There are {rows} samples, and the loss of each is one number.",
        offenders=(given.offender(), Offender("sample_weight", "argument", given.shape)),
        expected=(Expectation("sample_weight", (rows,), None, "one weight for each sample"),),
        weight=0.95,
        suspect=words.suspect(given),
    )


def _refused(evidence: Evidence) -> Finding:
    site, index = evidence.site_call, evidence.site
    source = evidence.scopes[index].source if index is not None else None
    value = next((one.value for one in site.keywords if one.arg == "class_weight"), None) if site is not None else None
    written = source.segment(value) if source is not None and value is not None else "class_weight"
    heads = demands.heads(evidence)
    reason = f"{words.receiver(evidence)} has {len(heads)} outputs" if len(heads) > 1 else "the data is a generator"
    return Finding(
        title=f"`class_weight` cannot be used here: {reason}.",
        explanation="Keras does not know which labels the class numbers belong to. Weigh the samples instead.",
        offenders=(
            Offender("class_weight", "argument"),
            *((Offender(written, "dict"),) if isinstance(value, ast.Name) else ()),
            *(Offender(head.name, "output", head.shape) for head in heads),
        ),
        weight=0.9,
        cause=evidence.crash,
    )


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose class weights, or one weight for each sample."""
    del finding
    if weights_of_outputs.refused(evidence):
        yield from weights_of_outputs.candidates(evidence)
        return
    yield from weights.class_weight_as_dict(evidence)
    if weights.per_class(evidence):
        yield from weights.as_class_weight(evidence)
    elif weights.per_output(evidence):
        yield from weights.one_for_each_sample(evidence)
