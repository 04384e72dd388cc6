"""Batches that a pipeline makes: zipped in unequal sizes, none at all, or of another shape than those before."""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

from kerasguard.adapters import specs
from kerasguard.adapters.dataset_rows import cardinality
from kerasguard.evidence import Evidence
from kerasguard.provenance.reentry import returned
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.provenance.user_files import is_user_file
from kerasguard.repairs import edits
from kerasguard.repairs.data import pipelines, yields
from kerasguard.repairs.data.search import misfits
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Edit, Place

SLOTS = ("x", "validation_data")
ZIPS = frozenset({"_ZipDataset", "ZipDataset"})
# What a generator yielded is gone when the error is raised: only TensorFlow's message still holds both shapes.
_CHANGED = re.compile(r"an element of shape (\(.*?\)) where an element of shape (\(.*?\)) was expected")
_SHAPES = re.compile(r"[Ii]ncompatible shapes|size-incompatible|must be equal|must match")


class Zipped(NamedTuple):
    """Datasets that were zipped, with the size of the batches that each makes (None: single rows)."""

    slot: str
    dataset: Any
    sizes: tuple[int | None, ...]
    makers: tuple[tuple[SourceFile, ast.Call, Place] | None, ...]

    @property
    def odd(self) -> int:
        """Which of them to look at: the one that is not batched, else the last."""
        return self.sizes.index(None) if None in self.sizes else len(self.sizes) - 1


def zipped(evidence: Evidence) -> Zipped | None:
    """Return datasets that were zipped after they had been batched unequally."""
    call = evidence.call
    for slot in SLOTS:
        value = getattr(call, slot, None)
        if specs.kind_of(value) != "dataset":
            continue
        for stage in pipelines.stages(value):
            if type(stage).__name__ in pipelines.BATCH_STAGES:
                break  # rows were zipped, and batched together
            if type(stage).__name__ in ZIPS:
                return _unequal(slot, value, stage)
    return None


def _unequal(slot: str, dataset: Any, stage: Any) -> Zipped | None:
    parts = list(specs.read(stage, "_inputs")())
    batching = [next(iter(pipelines.batch_stages(part)), None) for part in parts]
    sizes = tuple(_size(one) for one in batching)
    known = [one for one, made in zip(sizes, batching, strict=True) if one is not None or made is None]
    if len(known) != len(parts) or len(set(sizes)) < 2:
        return None
    if any(one is None and not _single_rows(part) for one, part in zip(sizes, parts, strict=True)):
        return None
    makers = [pipelines.made_by(made or part) for made, part in zip(batching, parts, strict=True)]
    return Zipped(slot, dataset, sizes, tuple(makers))


def _size(stage: Any) -> int | None:
    size = specs.read(stage, "_batch_size")
    read = getattr(size, "numpy", None)
    return None if read is None else int(read())


def _single_rows(dataset: Any) -> bool:
    """Return whether a dataset that is nowhere batched hands out the rows of arrays."""
    return any(type(one).__name__.strip("_").startswith("TensorSlice") for one in pipelines.stages(dataset))


def batched_alike(found: Zipped) -> tuple[tuple[Edit, ...], Place] | None:
    """Return the edit that batches the odd dataset like the first of the others."""
    size = next(one for index, one in enumerate(found.sizes) if index != found.odd and one is not None)
    made = found.makers[found.odd]
    if made is None:
        return None
    source, call, place = made
    if found.sizes[found.odd] is None:
        return (edits.wrap(source, call, f"{{}}.batch({size})"),), place
    given = call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "batch_size"), None)
    named = isinstance(call.func, ast.Attribute) and call.func.attr == "batch" and given is not None
    return ((edits.replace(source, given, str(size)),), place) if named and given is not None else None


def without_batches(evidence: Evidence) -> tuple[str, Any, Any] | None:
    """Return a dataset that is known to have no elements: its slot, itself, and the stage that left none."""
    call = evidence.call
    for slot in SLOTS:
        value = getattr(call, slot, None)
        if specs.kind_of(value) != "dataset" or cardinality(value) != 0:
            continue
        empty = None
        for stage in pipelines.stages(value):
            if cardinality(stage) == 0:
                empty = stage
        return slot, value, empty
    return None


def rows_before(stage: Any) -> tuple[int, int] | None:
    """Return how many rows a stage that batches was given, and how many make a batch."""
    before = specs.read(stage, "_input_dataset")
    size = _size(stage)
    rows = None if before is None else cardinality(before)
    return None if rows is None or size is None else (rows, size)


class Changed(NamedTuple):
    """A generator or PyDataset whose batches change their shape."""

    value: Any
    got: str
    before: str
    places: tuple[Place, ...]


def changed(evidence: Evidence) -> Changed | None:
    """Return the generator whose batch had another shape than those before it."""
    call = evidence.call
    value = None if call is None else yields.feeding(evidence)
    if value is None and call is not None and specs.kind_of(call.validation_data) in {"generator", "pydataset"}:
        value = call.validation_data
    match = _CHANGED.search(str(evidence.event.error)) if value is not None else None
    if match is None:
        return None
    return Changed(value, match.group(1), match.group(2), _handing_out(value))


def later_one(evidence: Evidence) -> Changed | None:
    """Return the generator of which the first batch fits, while a step of the training failed on shapes."""
    value = yields.feeding(evidence)
    if value is None or type(evidence.event.error).__name__ != "InvalidArgumentError":
        return None
    pairs = demands.pairs(evidence)
    known = all(one.shape is not None for one in evidence.given) and bool(evidence.wanted)
    if not known or not pairs or not all(demands.fits(pair) for pair in pairs) or misfits(evidence):
        return None
    about_shapes = _SHAPES.search(str(evidence.event.error)) is not None
    return Changed(value, "", "", _handing_out(value)) if about_shapes else None


def _handing_out(value: Any) -> tuple[Place, ...]:
    """Return the lines that yield or return batches."""
    code = getattr(value, "gi_code", None) or getattr(getattr(type(value), "__getitem__", None), "__code__", None)
    source = source_of(code.co_filename) if code is not None and is_user_file(code.co_filename) else None
    function = source.definition(code) if source is not None and code is not None else None
    if source is None or function is None:
        return ()
    return tuple(source.place(source.statement(node) or node) for node, _ in returned(function))
