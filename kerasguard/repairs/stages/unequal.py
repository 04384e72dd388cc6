"""Elements of unequal shape that a stage puts into one batch."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import pipeline_graphs, specs, stage_calls
from kerasguard.errors import LONGEST, text_of
from kerasguard.evidence import Evidence
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.pipelines import BATCH_STAGES, made_by
from kerasguard.repairs.stages import feeding
from kerasguard.vocabulary import Edit, Place, Shape

# The elements are gone, and every stage may fail at run time: only the message tells that the batching did.
_REFUSED = re.compile(
    r"Cannot batch tensors with different shapes in component (\d+)|Cannot add tensor to the batch: number of elements"
)
PICTURE = 3
CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Unequal:
    """A stage that batches, and the part of its elements that differs in shape."""

    before: Any
    path: tuple[Any, ...]
    shape: Shape | None
    source: SourceFile
    call: ast.Call
    place: Place


def unequal(evidence: Evidence) -> Unequal | None:
    """Return the stage that could not make a batch."""
    told = _REFUSED.search(text_of(evidence.event.error)[:LONGEST])
    if type(evidence.event.error).__name__ != feeding.AT_RUN_TIME or told is None:
        return None
    for dataset in feeding.datasets(evidence):
        for stage in pipeline_graphs.all_stages(dataset):
            inputs = pipeline_graphs.inputs_of(stage)
            made = made_by(stage) if type(stage).__name__ in BATCH_STAGES and inputs else None
            part = _open_part(inputs[0].element_spec, told.group(1)) if made is not None else None
            if made is not None and part is not None:
                return Unequal(inputs[0], part[0], part[1], made[0], made[1], made[2])
    return None


def _open_part(spec: Any, index: str | None) -> tuple[tuple[Any, ...], Shape | None] | None:
    """Return where in an element sizes are open, and the shape there: at the component that was refused, if it is told."""
    paths = stage_calls.spec_paths(spec)
    if index is not None:
        paths = paths[int(index) : int(index) + 1]
    for path in paths:
        shape = specs.shape_of(stage_calls.component((spec,), (0, *path)))
        if shape is None or None in shape:
            return path, shape
    return None


def candidates(evidence: Evidence, found: Unequal) -> Iterator[Candidate]:
    """Propose to resize pictures to what the model wants, and to pad."""
    func = found.call.func
    if not isinstance(func, ast.Attribute):
        return
    yield from _resized(evidence, found, func)
    every = [
        specs.shape_of(stage_calls.component((found.before.element_spec,), (0, *path)))
        for path in stage_calls.spec_paths(found.before.element_spec)
    ]
    if func.attr == "batch" and None not in every:
        at = found.source.place(func)
        name = Edit(
            found.source.filename,
            (at.end_row, at.end_column - len("batch")),
            (at.end_row, at.end_column),
            "padded_batch",
        )
        yield Candidate(
            title="pad the elements of a batch to equal length", edits=(name,), cost=0.8, cause=found.place, exact=False
        )


def _resized(evidence: Evidence, found: Unequal, func: ast.Attribute) -> Iterator[Candidate]:
    shape, wanted = found.shape, evidence.wanted
    prefix = edits.alias(found.source, "tensorflow")
    if shape is None or len(shape) != PICTURE or shape[-1] not in CHANNELS or len(wanted) != 1 or prefix is None:
        return
    size = (wanted[0].display or ())[1:PICTURE]
    parts = stage_calls.parts_of(found.before)
    names = ["image", *(("y", "w")[: len(parts) - 1])]
    if len(size) != PICTURE - 1 or None in size or found.path not in ((), (0,)) or len(names) != len(parts):
        return
    body = f"{prefix}.image.resize(image, {size})"
    body = f"({', '.join((body, *names[1:]))})" if len(names) > 1 else body
    yield Candidate(
        title="resize the pictures to what the model wants",
        edits=(edits.wrap(found.source, func.value, f"{{}}.map(lambda {', '.join(names)}: {body})"),),
        cost=0.7,
        cause=found.place,
        exact=False,
    )
