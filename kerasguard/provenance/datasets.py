"""What the stages of a tf.data pipeline do to the spec of an element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kerasguard.provenance.values import UNKNOWN, Ghost, ghost_of

SAME = frozenset(
    [
        "shuffle",
        "repeat",
        "prefetch",
        "take",
        "skip",
        "cache",
        "filter",
        "shard",
        "with_options",
        "rebatch",
        "concatenate",
        "apply_options",
    ]
)
READERS = frozenset(("TextLineDataset", "TFRecordDataset", "FixedLengthRecordDataset", "list_files"))  # of texts
MAKERS = frozenset(("from_tensor_slices", "from_tensors", "range", "zip", "from_generator")) | READERS


def dataset_method(
    receiver: Ghost, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], mapped: Callable[[Any, Any], Any]
) -> Any:
    """Return the dataset that a stage makes; `mapped(function, spec)` tells what a function makes of an element."""
    spec = receiver.spec
    if name in SAME:
        return receiver
    if name in ("batch", "padded_batch"):
        size = kwargs.get("batch_size", args[0] if args else None)
        full = bool(kwargs.get("drop_remainder", args[1] if len(args) > 1 and name == "batch" else False))
        lead = size if isinstance(size, int) and full else None
        if name == "padded_batch":
            spec = _padded(spec, kwargs.get("padded_shapes", args[1] if len(args) > 1 else None))

        def batched(g: Ghost) -> Ghost:
            return Ghost(None if g.shape is None else (lead, *g.shape), g.dtype, "eager")

        return _dataset(_each(spec, batched))
    if name == "unbatch":
        return _dataset(_each(spec, lambda g: Ghost(g.shape[1:] if g.shape else None, g.dtype, "eager")))
    if name == "map" and args:
        made = mapped(args[0], spec)
        return _dataset(made)
    if name == "as_numpy_iterator":
        return receiver
    if name == "enumerate":
        return _dataset((Ghost((), "int64", "eager"), spec))
    return UNKNOWN


def dataset_maker(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the dataset that ``tf.data.Dataset.<name>(...)`` makes."""
    if name == "range":
        return _dataset(Ghost((), "int64", "eager"))
    if name in READERS:
        return _dataset(Ghost((), "string", "eager"))
    if name == "from_generator":
        return _dataset(_signature(args, kwargs))
    given = next(iter((*args, *kwargs.values())), UNKNOWN)
    if name == "zip":
        parts = args if len(args) > 1 else (given if isinstance(given, tuple | list) else ())
        return _dataset(tuple(_zipped(part) for part in parts)) if parts else UNKNOWN
    return _dataset(_components(given, 1 if name == "from_tensor_slices" else 0))


def declared(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what ``tf.TensorSpec(...)`` describes."""
    shape = kwargs.get("shape", args[0] if args else UNKNOWN)
    return UNKNOWN if shape is UNKNOWN else _declared(kwargs.get("dtype", args[1] if len(args) > 1 else None), shape)


def _zipped(part: Any) -> Any:
    if type(part) is tuple:
        return tuple(_zipped(item) for item in part)
    ghost = ghost_of(part) if part is not UNKNOWN else None
    return ghost.spec if ghost is not None and ghost.kind == "dataset" else UNKNOWN


def _signature(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what a generator's declared types and shapes tell of its elements."""
    if "output_signature" in kwargs:
        return _declared(kwargs["output_signature"], None)
    types = kwargs.get("output_types", args[1] if len(args) > 1 else UNKNOWN)
    return _declared(types, kwargs.get("output_shapes", args[2] if len(args) > 2 else None))


def _declared(types: Any, shapes: Any) -> Any:
    if isinstance(types, dict):
        inner = shapes if isinstance(shapes, dict) else {}
        return {key: _declared(item, inner.get(key)) for key, item in types.items()}
    if type(types) is tuple:
        parts = shapes if isinstance(shapes, tuple) and len(shapes) == len(types) else (None,) * len(types)
        return tuple(_declared(item, shape) for item, shape in zip(types, parts, strict=True))
    if isinstance(types, Ghost):
        return types
    if types is UNKNOWN:
        return UNKNOWN
    shape = getattr(types, "shape", shapes)
    rank = getattr(shape, "rank", len(shape) if isinstance(shape, tuple | list) else None)
    dtype = getattr(types, "dtype", types)
    return Ghost(None if rank is None else tuple(shape), getattr(dtype, "name", None), "eager")


def _padded(spec: Any, shapes: Any) -> Any:
    """Return a spec with the shapes that its padding declares."""
    if isinstance(spec, dict):
        inner = shapes if isinstance(shapes, dict) else {}
        return {key: _padded(item, inner.get(key)) for key, item in spec.items()}
    if isinstance(spec, tuple):
        parts = shapes if isinstance(shapes, tuple) and len(shapes) == len(spec) else (None,) * len(spec)
        return tuple(_padded(item, shape) for item, shape in zip(spec, parts, strict=True))
    if not isinstance(spec, Ghost) or not isinstance(shapes, tuple | list):
        return spec
    return Ghost(tuple(n if isinstance(n, int) and n >= 0 else None for n in shapes), spec.dtype, spec.kind)


def _components(tree: Any, drop: int) -> Any:
    if isinstance(tree, dict):
        return {key: _components(value, drop) for key, value in tree.items()}
    if isinstance(tree, tuple):
        return tuple(_components(value, drop) for value in tree)
    ghost = ghost_of(tree)
    if ghost is None or ghost.shape is None or len(ghost.shape) < drop:
        return UNKNOWN
    return Ghost(ghost.shape[drop:], ghost.dtype, "eager")


def _dataset(spec: Any) -> Ghost:
    return Ghost(None, None, "dataset", spec)


def _each(spec: Any, change: Callable[[Ghost], Ghost]) -> Any:
    if isinstance(spec, dict):
        return {key: _each(value, change) for key, value in spec.items()}
    if isinstance(spec, tuple):
        return tuple(_each(value, change) for value in spec)
    return change(spec) if isinstance(spec, Ghost) else UNKNOWN
