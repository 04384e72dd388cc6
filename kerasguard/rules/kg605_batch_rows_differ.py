"""A batch has more rows of data than of labels.

## What it does
A PyDataset slices its data and its labels in different ways, or two datasets were batched unequally before they were
zipped.

## Why it happens
Nothing compares the rows of a batch before the loss does, deep in the graph. The slice of the labels was written for
another batch size, or by index of the batch in place of index of the sample.

## Example
```python
rows = slice(index * size, (index + 1) * size)
return self.images[rows], self.labels[index:index + size]
```

## Use instead
```python
return self.images[rows], self.labels[rows]
```

## When the fix is wrong
When the labels are stored in another order than the data.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.evidence.situation import Situation
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import batches, yields
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Offender

CODE = "KG605"
NAME = "batch-rows-differ"
OCCASIONS = frozenset({"call"})
ERRORS = frozenset({"InvalidArgumentError", "ValueError"})


def matches(evidence: Evidence) -> Finding | None:
    """Match losses that fail on the rows of batches whose data and labels are sliced differently."""
    zipped = batches.zipped(evidence)
    if zipped is not None and type(evidence.event.error).__name__ in ERRORS:
        return _zipped(evidence, zipped)
    if not yields.pair_of_rows(evidence):
        return None
    found = yields.slices(evidence)
    if found is None:
        return None
    where, data, given = found
    names = [where.source.segment(node.value) for node in (given, data)]
    return Finding(
        title=f"The rows of `{names[0]}` in a batch of {words.receiver(evidence)} are not those of `{names[1]}`.",
        explanation=f"Data is sliced by [{where.source.segment(data.slice)}], "
        f"labels by [{where.source.segment(given.slice)}].",
        offenders=(
            *(Offender(name, "array") for name in names),
            *(Offender(name.rpartition(".")[2], "array") for name in names),
        ),
        weight=0.9,
        cause=where.source.place(where.source.statement(given) or given),
    )


def warns(situation: Situation) -> Finding | None:
    """Warn of datasets that were zipped after only one of them had been batched: the single row is repeated."""
    zipped = batches.zipped(situation)
    return _zipped(situation, zipped) if zipped is not None and None in zipped.sizes else None


def _zipped(evidence: Evidence, zipped: batches.Zipped) -> Finding:
    names = [_name(zipped, index) for index in range(len(zipped.sizes))]
    told = [
        f"`{name}` is not batched" if size is None else f"`{name}` makes batches of {size}"
        for name, size in zip(names, zipped.sizes, strict=True)
    ]
    odd = zipped.makers[zipped.odd]
    return Finding(
        title=f"Datasets that were batched unequally are zipped for {words.receiver(evidence)}: {', '.join(told)}.",
        explanation="Batches are zipped as they are. Zip the rows and batch the pairs, or batch all of them alike.",
        offenders=(
            Offender(evidence.written(zipped.slot, (), zipped.dataset)[0], "dataset"),
            *(Offender(name, "dataset") for name in names),
        ),
        weight=0.9,
        cause=odd[2] if odd is not None else None,
        notes={"zipped": zipped},
    )


def _name(zipped: batches.Zipped, index: int) -> str:
    """Return the variable that holds a dataset which was zipped, else how it was made."""
    made = zipped.makers[index]
    if made is None:
        return f"dataset {index}"
    source, call, _ = made
    statement = source.statement(call)
    targets = getattr(statement, "targets", [])
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else source.segment(call.func)


def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
    """Propose one slice for both."""
    zipped = finding.notes.get("zipped")
    alike = batches.batched_alike(zipped) if zipped is not None else None
    if alike is not None:
        yield Candidate("batch both datasets alike", alike[0], cost=0.7, cause=alike[1], exact=False)
    if zipped is not None:
        return
    found = yields.slices(evidence)
    if found is not None:
        yield from yields.same_slice(found)
