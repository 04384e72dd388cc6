"""Search: which change of a tf.data pipeline makes its elements fit what the model wants."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.trial import Call
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.origins import call_that_made
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.repairs import edits, writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.search import Pair, misfits_of
from kerasguard.vocabulary import Edit, Place

BATCH_STAGES = frozenset({"_BatchDataset", "_ParallelBatchDataset", "BatchDataset", "ParallelBatchDataset"})
MOST_STAGES = 64
USUAL_BATCH = 32


def stages(dataset: Any) -> list[Any]:
    """Return the stages of a dataset, the last one first; of several inputs the first is followed."""
    found: list[Any] = []
    while dataset is not None and len(found) < MOST_STAGES:
        found.append(dataset)
        inputs = specs.read(dataset, "_inputs")
        try:
            before = list(inputs()) if callable(inputs) else []
        except (TypeError, AttributeError):
            before = []
        dataset = before[0] if before else None
    return found


def batch_stages(dataset: Any) -> list[Any]:
    """Return the stages that batch, the last one first."""
    return [stage for stage in stages(dataset) if type(stage).__name__ in BATCH_STAGES]


def made_by(stage: Any) -> tuple[SourceFile, ast.Call, Place] | None:
    """Return the user's call that made a stage."""
    origin, located = origin_of(stage), call_that_made(stage)
    if origin is None or located is None:
        return None
    source, call = located
    return source, call, source.place(call, origin.stack[0][0].co_name)


def is_dataset(given: Given) -> bool:
    """Return whether the tensor is part of a dataset's elements."""
    return given.element is not None and specs.kind_of(given.value) == "dataset"


def wrong_datasets(evidence: Evidence) -> Iterator[tuple[str, Any, ast.expr | None, Any]]:
    """Yield the datasets passed for training and for validation: slot, dataset, expression, scope."""
    call = evidence.call
    if call is None:
        return
    for slot in ("x", "validation_data"):
        value = getattr(call, slot)
        if specs.kind_of(value) == "dataset":
            _, node, scope = evidence.written(slot, (), value)
            yield slot, value, node, scope


def slots(evidence: Evidence) -> Iterator[tuple[str, list[Pair]]]:
    """Yield the datasets of which some tensors do not fit, with those: training first, then validation."""
    for slot, value, _, _ in wrong_datasets(evidence):
        pairs = misfits_of(evidence, [one for one in evidence.tensors(slot, value) if one.slot == "x"])
        if pairs:
            yield slot, pairs


def name_of(evidence: Evidence, slot: str) -> str:
    """Return the dataset's name as the user wrote it."""
    return evidence.written(slot, (), getattr(evidence.call, slot))[0]


def unbatched(wrong: list[Pair]) -> bool:
    """Return whether every misfit lacks just the batch axis."""
    return bool(wrong) and all(
        one.element is not None
        and one.shape is not None
        and want.fits((None, *one.shape))
        and not _batched_last(one.value)
        for one, want in wrong
    )


def _batched_last(dataset: Any) -> bool:
    """Return whether the elements are batches: what follows the last batch stage does not take them apart."""
    for stage in stages(dataset):
        if type(stage).__name__ in BATCH_STAGES:
            return True
        if "FlatMap" in type(stage).__name__ or "Unbatch" in type(stage).__name__ or "Map" in type(stage).__name__:
            return False
    return False


def batched_twice(wrong: list[Pair]) -> bool:
    """Return whether every misfit has one batch axis too many."""
    return bool(wrong) and all(
        one.element is not None and one.shape is not None and len(one.shape) > 1 and want.fits(one.shape[1:])
        for one, want in wrong
    )


def batching(evidence: Evidence) -> Iterator[Candidate]:
    """Propose to batch the datasets that yield single samples: where they are made if that is one place, else where passed."""
    call = evidence.call
    wrong = [
        (slot, value, node, scope)
        for slot, value, node, scope in wrong_datasets(evidence)
        if unbatched(misfits_of(evidence, [one for one in evidence.tensors(slot, value) if one.slot == "x"]))
    ]
    if call is None or not wrong or any(scope is None or scope.source is None for _, _, _, scope in wrong):
        return
    sizes = {slot: _usual_size(evidence, value) for slot, value, _, _ in wrong}
    new = dataclasses.replace(call, **{slot: value.batch(sizes[slot]) for slot, value, _, _ in wrong})
    makers = [made_by(value) for _, value, _, _ in wrong]
    if len(wrong) > 1 and makers[0] is not None and all(m is not None and m[1] is makers[0][1] for m in makers):
        source, maker, place = makers[0]
        written: tuple[Edit, ...] = (edits.wrap(source, maker, f"{{}}.batch({sizes[wrong[0][0]]})"),)
        cause: Place | None = place
    else:
        texts = {id(node): (scope.source, node, sizes[slot]) for slot, _, node, scope in wrong if node is not None}
        for slot, value, node, scope in wrong:
            texts |= {
                id(other): (scope.source, other, sizes[slot]) for other in _used_later(evidence, value, node, scope)
            }
        written = tuple(edits.wrap(source, node, f"{{}}.batch({size})") for source, node, size in texts.values())
        cause = _sibling_batch(evidence, wrong[0][1])
    yield Candidate(
        title="batch " + " and ".join(f"`{name_of(evidence, slot)}`" for slot, _, _, _ in wrong),
        edits=written,
        cost=1.0,
        call=new,
        cause=cause,
        applicability="safe",
    )


def _used_later(evidence: Evidence, dataset: Any, node: ast.expr | None, scope: Scope) -> Iterator[ast.expr]:
    """Yield the datasets of the same elements that later calls of the same model are given."""
    for other in writing.later_arguments(evidence, scope):
        if other is node or not isinstance(other, ast.Name):
            continue
        value = scope.current(other.id)
        if specs.kind_of(value) == "dataset" and value.element_spec == dataset.element_spec and not batch_stages(value):
            yield other


def _usual_size(evidence: Evidence, dataset: Any) -> int:
    """Return the batch size that the program's other dataset uses, else Keras' own default."""
    call = evidence.call
    for slot in ("x", "validation_data"):
        other = getattr(call, slot, None)
        if other is not dataset and specs.kind_of(other) == "dataset":
            for stage in batch_stages(other):
                size = _static_size(stage)
                if size is not None:
                    return size
    return USUAL_BATCH


def _static_size(stage: Any) -> int | None:
    size = specs.read(stage, "_batch_size")
    try:
        return int(size)
    except (TypeError, ValueError):
        return None


def _sibling_batch(evidence: Evidence, dataset: Any) -> Place | None:
    """Return the line that batches the program's other dataset, when the helper that made both skipped it for this one."""
    call = evidence.call
    functions = {origin.stack[0][0] for stage in stages(dataset) if (origin := origin_of(stage)) is not None}
    for slot in ("x", "validation_data"):
        other = getattr(call, slot, None)
        if other is dataset or specs.kind_of(other) != "dataset":
            continue
        for stage in batch_stages(other):
            origin = origin_of(stage)
            made = made_by(stage)
            if origin is not None and made is not None and origin.stack[0][0] in functions:
                statement = made[0].statement(made[1])
                return made[2] if statement is None else made[0].place(statement, made[2].function)
    return None


def last_stage(dataset: Any) -> Place | None:
    """Return the line that made the last stage for which a line is known."""
    for stage in stages(dataset):
        made = made_by(stage)
        if made is not None:
            return made[2]
    return None


def unbatching(evidence: Evidence, slot: str, dataset: Any) -> Iterator[Candidate]:
    """Propose to take the second batch stage out, where it is written."""
    call = evidence.call
    found = batch_stages(dataset)
    if call is None or len(found) < 2:
        return
    made = made_by(found[0])
    if made is None:
        return
    source, node, place = made
    statement = source.statement(node)
    written = edits.delete_method_call(source, node)
    if written is None:
        return
    yield Candidate(
        title="batch once: leave the second batch() out",
        edits=(written,),
        cost=0.9,
        call=_with(call, slot, dataset.unbatch()),
        cause=place if statement is None else source.place(statement, place.function),
        applicability="safe",
    )


def _with(call: Call, slot: str, value: Any) -> Call:
    return dataclasses.replace(call, **{slot: value})


def unstacking(evidence: Evidence) -> Iterator[Candidate]:
    """Propose a tuple where a mapped function returns its inputs in a list: tf.data makes one tensor of a list."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    if call is None or len(given) != 1 or len(wanted) < 2 or not is_dataset(given[0]):
        return
    one, count = given[0], len(wanted)
    shape = one.shape or ()
    axis = next((axis for axis in (1, 0) if axis < len(shape) and shape[axis] == count), None)
    if axis is None or one.element != (0,) or not isinstance(one.value.element_spec, tuple):
        return
    if not all(want.fits((*shape[:axis], *shape[axis + 1 :])) for want in wanted):
        return
    found = _returned_list(one.value, count)
    slot = next((name for name in ("x", "validation_data") if getattr(call, name) is one.value), None)
    if found is None or slot is None:
        return
    source, node = found
    inner = source.segment(node)[1:-1]
    index = (slice(None),) * axis

    def apart(x: Any, *rest: Any) -> Any:
        return (tuple(x[(*index, position)] for position in range(count)), *rest)

    yield Candidate(
        title="return the inputs in a tuple: tf.data makes one tensor of a list",
        edits=(edits.replace(source, node, f"({inner})"),),
        cost=0.9,
        call=_with(call, slot, one.value.map(apart)),
        cause=source.place(node),
        applicability="safe",
    )


def _returned_list(dataset: Any, count: int) -> tuple[SourceFile, ast.List] | None:
    """Return the list of `count` items that a function mapped over the dataset returns first."""
    for stage in stages(dataset):
        function = getattr(getattr(stage, "_map_func", None), "_func", None)
        function = inspect.unwrap(function) if callable(function) else None
        code = getattr(function, "__code__", None)
        source = source_of(code.co_filename) if code is not None else None
        owner = source.definition(code) if source is not None and code is not None else None
        for node in ast.walk(owner) if owner is not None else ():
            value = node.value if isinstance(node, ast.Return) else getattr(node, "body", None)
            first = value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value
            if source is not None and isinstance(first, ast.List) and len(first.elts) == count:
                return source, first
    return None
