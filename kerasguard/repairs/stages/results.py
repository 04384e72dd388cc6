"""What the function of a stage returns, where the stage takes only a truth value or a dataset."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, stage_calls
from kerasguard.evidence import Evidence
from kerasguard.provenance.reentry import returned
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.stages.applied import Applied, applied_of, definition
from kerasguard.vocabulary import Shape

DATASETS = ("flat_map", "interleave")


@dataclass(frozen=True)
class Result:
    """What a function returns: the specs of its tensors; none of them where it returns nothing that is a tensor."""

    applied: Applied
    leaves: tuple[tuple[Shape | None, str | None], ...]
    source: SourceFile
    node: ast.expr


def wrong_result(evidence: Evidence) -> Result | None:
    """Return the result of a function that works, and does not give what its stage takes."""
    applied = applied_of(evidence)
    if applied is None or applied.inside or applied.operation not in ("filter", *DATASETS):
        return None
    located = definition(applied.function)
    given = list(returned(located[1])) if located is not None else []
    spec = stage_calls.returned(applied.dataset, applied.function)
    if located is None or len(given) != 1 or spec is None:
        return None
    leaves = tuple(
        (specs.shape_of(leaf), specs.dtype_of(leaf))
        for leaf in (stage_calls.component((spec,), (0, *path)) for path in stage_calls.spec_paths(spec))
    )
    if any(shape is None and dtype is None for shape, dtype in leaves):
        return None  # a dataset, an optional
    if applied.operation == "filter" and leaves == (((), "bool"),):
        return None
    return Result(applied, leaves, located[0], given[0][0])


def candidates(evidence: Evidence, found: Result) -> Iterator[Candidate]:
    """Propose to make of the result what the stage takes."""
    prefix = edits.alias(found.source, "tensorflow")
    if found.applied.operation != "filter":
        if prefix is not None:
            yield from _as_dataset(evidence, found, prefix)
        return
    if len(found.leaves) != 1:
        return
    shape, dtype = found.leaves[0]
    if dtype == "bool" and prefix is not None:
        yield _written(evidence, found, f"{prefix}.reduce_all({{}})", "reduce_all", "keep where all of them are true")
        yield _written(
            evidence, found, f"{prefix}.reduce_any({{}})", "reduce_any", "keep where one of them is true", 0.1
        )
    elif shape == ():
        yield _written(evidence, found, "({} != 0)", "nonzero", "ask whether it is not 0")


def _as_dataset(evidence: Evidence, found: Result, prefix: str) -> Iterator[Candidate]:
    """Propose the rows as elements, where all tensors have rows; else the tensors as one element."""
    rows = {shape[0] if shape else None for shape, _ in found.leaves}
    made = f"{prefix}.data.Dataset"
    if len(rows) == 1 and None not in rows:
        title = "make a dataset of the rows"
        yield _written(evidence, found, f"{made}.from_tensor_slices({{}})", "from_tensor_slices", title)
    title = "make a dataset of one element"
    yield _written(evidence, found, f"{made}.from_tensors({{}})", "from_tensors", title, 0.1)


def _written(evidence: Evidence, found: Result, pattern: str, does: str, title: str, more: float = 0.0) -> Candidate:
    source, node, applied = found.source, found.node, found.applied
    bare = isinstance(node, ast.Tuple) and not source.segment(node).startswith("(")
    mended: Any = stage_calls.followed_by(applied.function, does)
    return Candidate(
        title=title,
        edits=(edits.wrap(source, node, pattern.replace("{}", "({})") if bare else pattern),),
        cost=0.7 + more,
        check=lambda: applied.accepted(mended, evidence.event.error),
        applicability="unsafe" if does.startswith("reduce") else "safe",  # all or one of them: who knows
        cause=statement_place(source, node),
    )
