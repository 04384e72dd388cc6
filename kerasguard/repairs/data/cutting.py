"""Cut off what a later batch of a generator has more than the batches before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from kerasguard.adapters.trial_failure import failed_in
from kerasguard.evidence import Evidence
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import yields
from kerasguard.repairs.data.batches import Changed
from kerasguard.vocabulary import Shape


def candidates(evidence: Evidence, found: Changed) -> Iterator[Candidate]:
    """Propose slices where the batch is handed out: of the data that the model refused, of the part that changed."""
    handed = yields.handed(found.value)
    if handed is None or not isinstance(handed.node, ast.Tuple):
        return
    part = _changed_part(evidence, found) if found.got else _refused_data(evidence)
    if part is None or part[0] >= len(handed.node.elts):
        return
    index, sizes = part
    if not any(size is not None for size in sizes):
        return
    axes = list(sizes)
    while axes and axes[-1] is None:
        axes.pop()
    text = ", ".join(":" if size is None else f":{size}" for size in (None, *axes))
    yield Candidate(
        title="cut off what the other batches do not have",
        edits=(edits.wrap(handed.source, handed.node.elts[index], f"{{}}[{text}]"),),
        cost=1.2,
        cause=handed.place,
        exact=False,
        applicability="unsafe",
    )


def _changed_part(evidence: Evidence, found: Changed) -> tuple[int, Shape] | None:
    """Return which part of a batch is too large, and the sizes of its axes behind the first to which it is cut."""
    got = [int(size) for size in re.findall(r"\d+", found.got)]
    before = [None if size == "None" else int(size) for size in re.findall(r"\d+|None", found.before)]
    alike = [
        one.element[0]
        for one in evidence.everything
        if one.element is not None and len(one.element) == 1 and list(one.shape or ()) == before
    ]
    if len(alike) != 1 or len(got) != len(before) or len(got) < 2:
        return None
    if any(old is not None and new < old for old, new in zip(before, got, strict=True)):
        return None
    sizes = tuple(old if old is not None and new > old else None for old, new in zip(before[1:], got[1:], strict=True))
    return alike[0], sizes


def _refused_data(evidence: Evidence) -> tuple[int, Shape] | None:
    """Return the data and the sizes that the model wants, where it failed in one of the model's layers."""
    wanted = evidence.wanted
    owner = evidence.event.owner
    names = [str(layer.name) for layer in getattr(owner, "layers", ())]
    if len(wanted) != 1 or not failed_in(evidence.event.error, names):
        return None
    shape = wanted[0].display
    return None if not shape or len(shape) < 2 else (0, shape[1:])
