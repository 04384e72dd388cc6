"""What is known of the rows of a tf.data pipeline without drawing one: how many, and the array they come from."""

from __future__ import annotations

from typing import Any

from kerasguard.adapters.specs import read

_STAGES = 60  # of a pipeline are walked back
# Stages that hand all components on as they are, perhaps fewer of their rows, or in another order.
_PASSING = frozenset(
    {"Batch", "ParallelBatch", "PaddedBatch", "Unbatch", "Shuffle", "Prefetch", "Repeat", "Cache", "Take", "Skip",
     "Shard", "Options", "Rebatch", "AssertCardinality", "IgnoreErrors"}
)  # fmt: skip
_MAPS = frozenset({"Map", "ParallelMap"})
_SOURCES = frozenset({"TensorSlice", "Tensor"})
_WITHOUT_EFFECT = frozenset({"Identity", "Cast"})


def array_behind(dataset: Any, path: tuple[Any, ...]) -> Any:
    """Return the tensor whose rows a component of a dataset's elements is, None where something computes it.

    Parameters
    ----------
    dataset
        A tf.data pipeline.
    path
        Indices and keys that lead to the component within an element.
    """
    index = _flat_index(dataset, path)
    for _ in range(_STAGES):
        kind = type(dataset).__name__.strip("_").removesuffix("V2").removesuffix("V1").removesuffix("Dataset")
        if index is None:
            return None
        if kind in _SOURCES:
            tensors = read(dataset, "_tensors") or []
            return tensors[index] if index < len(tensors) else None
        if kind == "Zip":
            dataset, index = _of_zip(dataset, index)
            continue
        if kind in _MAPS:
            index = _passed_through(dataset, index)
        elif kind not in _PASSING:
            return None
        dataset = read(dataset, "_input_dataset")
    return None


def cardinality(dataset: Any) -> int | None:
    """Return the number of elements, None where it is unknown or there is no end."""
    import tensorflow as tf

    with tf.init_scope():  # the loss may be traced around us
        count = dataset.cardinality() if callable(read(dataset, "cardinality")) else None
    read_out = getattr(count, "numpy", None)
    number = -1 if read_out is None else int(read_out())
    return number if number >= 0 else None


def _flat_index(dataset: Any, path: tuple[Any, ...]) -> int | None:
    """Return the place of a component among all of them in TensorFlow's order."""
    count = _count(dataset)
    if count is None:
        return None
    from tensorflow.python.data.util import nest

    places = nest.pack_sequence_as(dataset.element_spec, list(range(count)))
    try:
        for step in path:
            places = places[step]
    except (KeyError, IndexError, TypeError):
        return None
    return places if isinstance(places, int) else None


def _count(dataset: Any) -> int | None:
    """Return the number of components, None where one is no plain tensor."""
    from tensorflow.python.data.util import nest

    spec = read(dataset, "element_spec")
    parts = [] if spec is None else nest.flatten(spec)
    return len(parts) if parts and all(type(part).__name__ == "TensorSpec" for part in parts) else None


def _of_zip(dataset: Any, index: int) -> tuple[Any, int | None]:
    from tensorflow.python.data.util import nest

    for part in nest.flatten(read(dataset, "_datasets")):
        count = _count(part)
        if count is None:
            return None, None
        if index < count:
            return part, index
        index -= count
    return None, None


def _passed_through(dataset: Any, index: int) -> int | None:
    """Return which component a mapped function hands on unchanged as this one, None where it makes a new one."""
    graph = read(read(read(dataset, "_map_func"), "function"), "graph")
    outputs, inputs = read(graph, "outputs"), read(graph, "inputs")
    before = _count(read(dataset, "_input_dataset"))
    if outputs is None or inputs is None or before is None or index >= len(outputs):
        return None
    tensor = outputs[index]
    while tensor.op.type in _WITHOUT_EFFECT:
        tensor = tensor.op.inputs[0]
    return next((place for place, one in enumerate(inputs[:before]) if one is tensor), None)
