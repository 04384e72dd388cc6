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
MAKERS = frozenset(("from_tensor_slices", "from_tensors", "range", "zip"))


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
    given = next(iter((*args, *kwargs.values())), UNKNOWN)
    if name == "zip":
        parts = args if len(args) > 1 else (given if isinstance(given, tuple | list) else ())
        specs = [p.spec if (p := ghost_of(part)) is not None else UNKNOWN for part in parts]
        return _dataset(tuple(specs)) if specs else UNKNOWN
    return _dataset(_components(given, 1 if name == "from_tensor_slices" else 0))


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
