"""The batches that fit, evaluate and predict would feed to a model, as placeholders."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from kerasguard.adapters.dataset_rows import cardinality
from kerasguard.adapters.specs import leaves, read, shape_of, spec_of
from kerasguard.adapters.trial_graph import Undecidable, as_tuples, from_type_spec, like, rows_like, stand_ins
from kerasguard.adapters.trial_loss import Labels
from kerasguard.provenance.access import is_a

_PHASES = {"fit": "train", "train_on_batch": "train", "evaluate": "test", "test_on_batch": "test"}
_STAGES = 100  # of a dataset are looked at
_UNTYPED = ("_GeneratorDataset", "_FlatMapDataset")


@dataclass(frozen=True)
class Batch:
    """One batch to trace: ``make`` builds it in the current graph; ``doubt`` says why a pass would prove nothing."""

    phase: str
    make: Callable[[Labels], Any]
    doubt: str = ""


def batches(call: Any, kit: Any) -> Iterator[Batch]:
    """Yield the batches of a call after Keras' own checks of the data, the most telling first.

    Raises
    ------
    Exception
        What Keras' data adapter raises on these objects.
    Undecidable
        Where only drawing from the user's iterator would tell.
    """
    phase = _PHASES.get(call.entry, "predict")
    if call.entry.endswith("_on_batch"):
        kit.check_single_batch(call)
        yield Batch(phase, lambda labels: _pack(call, lambda leaf: like(leaf, labels)))
        return
    if not (kind := _source(call.x)) and call.options.get("validation_split") and call.validation_data is None:
        train, held_out = kit.split((call.x, call.y, call.sample_weight), call.options["validation_split"])
        kit.check_data(call)
        yield from _slices(call, kit, phase, train)
        yield from _slices(call, kit, "test", held_out)
        return
    kit.check_data(call)
    if kind == "dataset":
        yield from _elements(call.x, phase)
    elif kind:
        yield from _peeked(call, phase)
    else:
        yield from _slices(call, kit, phase, _rows(call))
    yield from _validation(call, kit)


def _source(x: Any) -> str:
    kind = spec_of(x).kind if not is_a(x, (list, tuple, dict)) else ""
    return kind if kind in {"dataset", "generator", "pydataset"} else ""


def _rows(call: Any) -> int:
    for _, leaf in leaves((call.x, call.y)):
        shape = None if leaf is None else spec_of(leaf).shape
        if shape and shape[0] is not None:
            return int(shape[0])
    raise Undecidable("the number of rows is not known")


def _slices(call: Any, kit: Any, phase: str, rows: int) -> Iterator[Batch]:
    """Yield the first batch and the last, smaller one."""
    size = call.options.get("batch_size")
    if phase == "test" and call.options.get("validation_batch_size"):
        size = call.options["validation_batch_size"]
    steps = call.options.get("steps_per_epoch") or call.options.get("steps")
    if not size:
        size = math.ceil(rows / steps) if steps else 32
    sizes = [min(size, rows)]
    if rows > size and rows % size:
        sizes.append(rows % size)
    for one in sizes:

        def make(labels: Labels, one: int = one) -> Any:
            packed = as_tuples(_pack(call, lambda leaf: rows_like(leaf, one, kit, labels)))
            if call.y is None and not isinstance(call.x, (list, tuple, dict)):
                return packed[0]  # Keras hands a single array on as it is
            if call.options.get("class_weight") is not None and call.y is not None:
                packed = (*packed, tf.compat.v1.placeholder(tf.float32, (one,)))
            return packed

        yield Batch(phase, make)


def _pack(call: Any, change: Callable[[Any], Any]) -> Any:
    x, y, weight = (None if part is None else stand_ins(part, change) for part in (call.x, call.y, call.sample_weight))
    if y is None:
        return (x,)
    return (x, y) if weight is None else (x, y, weight)


def _elements(dataset: Any, phase: str) -> Iterator[Batch]:
    """Yield one batch of a dataset from its ``element_spec``; no element is drawn."""
    declared = read(dataset, "element_spec")
    if declared is None:
        raise Undecidable("the dataset does not say what it yields")
    size, untyped = _lineage(dataset)
    sizes = [size, *_left_over(dataset, size)]
    doubt = "the dataset takes its shapes from a Python function" if untyped else ""
    for leaf in tf.nest.flatten(declared):
        shape = shape_of(leaf)
        if not doubt and (shape is None or None in shape[1:]):
            doubt = "the dataset leaves sizes open"
    for one in sizes:

        def make(_: Labels, rows: int | None = one) -> Any:
            return tf.nest.map_structure(lambda leaf: from_type_spec(leaf, rows), declared)

        yield Batch(phase, make, doubt)


def _left_over(dataset: Any, size: int | None) -> Iterator[int]:
    """Yield the size of the smaller batch that ends a dataset of known length."""
    stage = dataset
    for _ in range(_STAGES):
        if "Batch" in type(stage).__name__:
            rows = cardinality(read(stage, "_input_dataset"))
            if size and rows is not None and rows > size and rows % size and not _true(read(stage, "_drop_remainder")):
                yield rows % size
            return
        stage = read(stage, "_input_dataset")
        if stage is None:
            return


def _true(flag: Any) -> bool:
    return flag is True or (
        flag is not None and tf.get_static_value(flag) is not None and bool(tf.get_static_value(flag))
    )


def one_batch(dataset: Any) -> Any:
    """Draw the first element of a dataset with an iterator of our own; None where it is empty, or drawing fails."""
    try:
        return next(iter(dataset), None)
    except Exception:  # noqa: BLE001 - a user's function may fail in any way, and fit will say so
        return None


def _lineage(dataset: Any) -> tuple[int | None, bool]:
    """Return the batch size of the last batching stage and whether Python code upstream declares the shapes."""
    size: int | None = None
    pending, seen = [dataset], 0
    untyped = False
    while pending and seen < _STAGES:
        stage = pending.pop()
        seen += 1
        if size is None and "Batch" in type(stage).__name__:
            size = _static(read(stage, "_batch_size"))
        function = read(read(stage, "_map_func"), "_func")
        if type(stage).__name__ in _UNTYPED and "from_generator" in str(read(function, "__module__")):
            untyped = True
        graph = read(read(read(stage, "_map_func"), "function"), "graph")
        if graph is not None and any(
            op.type in {"PyFunc", "EagerPyFunc", "PyFuncStateless"} for op in graph.get_operations()
        ):
            untyped = True
        inputs = read(stage, "_inputs")
        pending += inputs() if callable(inputs) else []
    return size, untyped


def _static(size: Any) -> int | None:
    value = tf.get_static_value(size) if size is not None else None
    return None if value is None or value < 0 else int(value)


def _peeked(call: Any, phase: str) -> Iterator[Batch]:
    """Yield the batches that Keras had drawn before it failed; the user's iterator itself is never asked."""
    drawn = call.options.get("peeked") or []
    if not drawn:
        raise Undecidable("only drawing from the generator would tell")
    for batch in drawn[:2]:

        def make(labels: Labels, batch: Any = batch) -> Any:
            return as_tuples(stand_ins(batch, lambda leaf: like(leaf, labels)))

        yield Batch(phase, make, "later batches of the generator are not known")


def _validation(call: Any, kit: Any) -> Iterator[Batch]:
    given = call.validation_data
    if given is None or call.entry != "fit":
        return
    if _source(given):
        x, y, weight = given, None, None
    else:
        x, y, weight = kit.unpack(given)
    options = {"batch_size": call.options.get("validation_batch_size") or call.options.get("batch_size")}
    yield from batches(type(call)("evaluate", call.owner, x, y, weight, None, options), kit)
