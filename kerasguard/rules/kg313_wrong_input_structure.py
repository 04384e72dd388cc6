"""The tensors are right, what they are packed in is not.

## What it does
A list stands where a dict belongs, a list holds a list, one array holds all the inputs, or more was passed than the
model has inputs for.

## Why it happens
A model takes its inputs in the structure in which it was built: one tensor, a list, or a dict. `[[a, b]]` is a list
with one item, and Keras makes one array of a list of numbers.

## Example
```python
model = keras.Model([tokens, segments], output)
model.predict([[ids, marks]])
```

## Use instead
```python
model.predict([np.array([ids]), np.array([marks])])
```

## When the fix is wrong
When the model should be built on a dict or a single tensor instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import structure
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender

CODE = "KG313"
NAME = "wrong-input-structure"


def matches(evidence: Evidence) -> Finding | None:
    """Match arguments whose structure, but not whose tensors, differ from the model's inputs."""
    candidates = list(structure.structure_candidates(evidence))
    if not evidence.given or (not candidates and not _one_for_several(evidence)):
        return None
    given = evidence.given[0]
    count, wanted = len(evidence.given), len(evidence.wanted)
    whole = evidence.written("x", (), evidence.call.x if evidence.call is not None else None)
    return Finding(
        title=f"{count} tensor(s), packed otherwise than the {wanted} input(s) of {words.receiver(evidence)}.",
        explanation=f"To mend it: {candidates[0].title}."
        if candidates
        else "One tensor cannot stand for several inputs.",
        offenders=(
            *(one.offender() for one in evidence.given),
            *_inner_names(evidence),
            Offender(whole[0], "structure", path="x"),
        ),
        expected=tuple(Expectation(want.name, want.display, want.dtype, want.why) for want in evidence.wanted),
        weight=0.6 if candidates else 0.15,
        suspect=words.suspect(given),
        cause=structure.packed_at(evidence) or evidence.crash,
    )


def _one_for_several(evidence: Evidence) -> bool:
    """Return whether the elements of a dataset have one tensor where the model has several inputs."""
    return len(evidence.given) == 1 and len(evidence.wanted) > 1 and evidence.given[0].shape is not None


def _inner_names(evidence: Evidence) -> Iterator[Offender]:
    """Yield the names written inside a nested display."""
    import ast

    for one in evidence.given:
        if one.node is not None:
            for node in ast.walk(one.node):
                if isinstance(node, ast.Name):
                    yield Offender(node.id, "variable")


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose the structure in which the model was built."""
    del finding
    yield from structure.structure_candidates(evidence)
