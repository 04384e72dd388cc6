"""What a model or layer wants to be given, read off specs, built weights and its graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kerasguard.provenance.access import is_inert
from kerasguard.vocabulary import Shape

FREE_RANK = None


@dataclass(frozen=True)
class Wanted:
    """One tensor that a model or layer wants.

    Attributes
    ----------
    shape
        With None for free sizes; None as a whole where only the rank or some axes are fixed.
    axes
        Sizes fixed by built weights: axis (counted from either end) to size.
    why
        Where the demand comes from, in words.
    """

    name: str
    shape: Shape | None = None
    dtype: str | None = None
    why: str = ""
    min_rank: int | None = None
    max_rank: int | None = None
    axes: dict[int, int] = field(default_factory=dict)
    adjusts: bool = False  # a functional model adds or drops a last axis of size 1 by itself
    source: Any = None  # the KerasTensor of the Input, or the layer that makes the demand

    def fits(self, shape: Shape | None) -> bool:
        """Return whether a tensor of `shape` (None sizes fit everything) meets the demand."""
        if shape is None:
            return False
        rank = len(shape)
        if self.shape is not None:
            return any(self._agrees(form) for form in ((shape, *_adjusted(shape)) if self.adjusts else (shape,)))
        if (self.min_rank is not None and rank < self.min_rank) or (self.max_rank is not None and rank > self.max_rank):
            return False
        return all(-rank <= axis < rank and _agree(size, shape[axis]) for axis, size in self.axes.items())

    def _agrees(self, shape: Shape) -> bool:
        wanted = self.shape or ()
        return len(shape) == len(wanted) and all(_agree(a, b) for a, b in zip(wanted, shape, strict=True))

    @property
    def display(self) -> Shape | None:
        """The demand as a shape to show: free sizes are None."""
        if self.shape is not None:
            return self.shape
        rank = self.max_rank or self.min_rank
        if rank is None:
            return None
        return tuple(self.axes.get(i, self.axes.get(i - rank)) for i in range(rank))


def _agree(wanted: int | None, given: int | None) -> bool:
    return wanted is None or given is None or wanted == given


def _adjusted(shape: Shape) -> tuple[Shape, ...]:
    return ((*shape, 1), shape[:-1]) if shape and shape[-1] == 1 else ((*shape, 1),)


def model_wants(model: Any, built_before: frozenset[int] | None = None) -> tuple[Wanted, ...]:
    """Return what the inputs of a model or layer want, in the order of its inputs; empty where nothing is fixed."""
    if is_sequential(model) and not _built_by_user(model, built_before):
        first = next((layer for layer in model.layers if not is_input_layer(layer)), None)
        return () if first is None else layer_wants(first, built_before)
    tensors = graph_inputs(model)
    if tensors:
        return tuple(
            Wanted(
                name=input_name(model, tensor, index),
                shape=_shape(tensor),
                dtype=dtype_name(tensor),
                why="the model was built on this Input",
                adjusts=True,
                source=tensor,
            )
            for index, tensor in enumerate(tensors)
        )
    return layer_wants(model, built_before)


def layer_wants(layer: Any, built_before: frozenset[int] | None = None) -> tuple[Wanted, ...]:
    """Return what the input specs of a layer fix; those that a failed first call left behind do not count."""
    if getattr(layer, "_functional", None) is not None or graph_inputs(layer):
        return model_wants(layer, built_before)
    fresh = layer
    if built_before is not None and id(layer) not in built_before and getattr(layer, "built", False):
        fresh = _unbuilt_copy(layer) or layer
    try:
        specs = fresh.input_spec
    except AttributeError:
        return ()
    if specs is None:
        return ()
    if isinstance(specs, dict):
        specs = list(specs.values())
    elif not isinstance(specs, list | tuple):
        specs = [specs]
    why = f"layer {layer.name!r} ({type(layer).__name__})"
    return tuple(_from_spec(layer, spec, why) for spec in specs if spec is not None)


def graph_inputs(model: Any) -> Sequence[Any]:
    """Return the KerasTensors on which a functional model was built, or nothing."""
    inner = getattr(model, "_functional", None) or model
    if not hasattr(inner, "_run_through_graph") and not hasattr(inner, "_nodes_by_depth"):
        return ()
    try:
        inputs = inner.inputs
    except (AttributeError, ValueError):
        return ()
    if not isinstance(inputs, list | tuple):
        return () if inputs is None else [inputs]
    return list(inputs)


def graph_structure(model: Any) -> Any:
    """Return the tree (list, dict, single) of Inputs on which a functional model was built, or None."""
    inner = getattr(model, "_functional", None) or model
    for attribute in ("_inputs_struct", "_nested_inputs"):
        structure = getattr(inner, attribute, None)
        if structure is not None:
            return structure
    return None


def input_name(model: Any, tensor: Any, index: int) -> str:
    """Return the name under which an Input is known to its user."""
    history = getattr(tensor, "_keras_history", None)
    if history is not None and history[0] is not None:
        return str(history[0].name)
    names = getattr(model, "input_names", None)
    return str(names[index]) if isinstance(names, list) and index < len(names) else str(getattr(tensor, "name", index))


def is_sequential(model: Any) -> bool:
    """Return whether `model` is a Sequential of either Keras."""
    return any(cls.__name__ == "Sequential" and is_keras(cls) for cls in type(model).__mro__)


def is_input_layer(layer: Any) -> bool:
    """Return whether `layer` is the InputLayer of either Keras."""
    return any(cls.__name__ == "InputLayer" and is_keras(cls) for cls in type(layer).__mro__)


def is_keras(cls: type) -> bool:
    """Return whether a class comes from one of the Keras packages."""
    return cls.__module__.split(".", 1)[0] in ("keras", "tf_keras")


def is_layer(value: Any) -> bool:
    """Return whether `value` is a layer or model of either Keras."""
    return any(cls.__name__ == "Layer" and is_keras(cls) for cls in type(value).__mro__)


def is_model(value: Any) -> bool:
    """Return whether `value` is a model of either Keras."""
    return any(cls.__name__ == "Model" and is_keras(cls) for cls in type(value).__mro__)


def is_keras_tensor(value: Any) -> bool:
    """Return whether `value` is a symbolic tensor of either Keras."""
    return any(cls.__name__ == "KerasTensor" and is_keras(cls) for cls in type(value).__mro__)


def dtype_name(tensor: Any) -> str | None:
    """Return the dtype's plain name."""
    dtype = getattr(tensor, "dtype", None)
    return None if dtype is None else str(getattr(dtype, "name", dtype))


def _shape(tensor: Any) -> Shape | None:
    try:
        return tuple(None if size is None else int(size) for size in tensor.shape)
    except (TypeError, ValueError):
        return None  # unknown rank


def _built_by_user(model: Any, built_before: frozenset[int] | None) -> bool:
    """Return whether a Sequential's input shape was fixed before the failing call."""
    if built_before is not None and id(model) not in built_before:
        return False
    return bool(graph_inputs(model))


def _unbuilt_copy(layer: Any) -> Any:
    try:
        config = layer.get_config()
        return type(layer).from_config(config) if all(map(is_inert, config.values())) else None
    except Exception:  # noqa: BLE001 - a user's own layer may refuse its config in any way
        return None


def _from_spec(layer: Any, spec: Any, why: str) -> Wanted:
    shape = getattr(spec, "shape", None)
    rank = getattr(spec, "ndim", None)
    return Wanted(
        name=str(layer.name),
        shape=None if shape is None else tuple(shape),
        dtype=None,
        why=why,
        min_rank=rank if rank is not None else getattr(spec, "min_ndim", None),
        max_rank=rank if rank is not None else getattr(spec, "max_ndim", None) or _most(layer),
        axes={axis: size for axis, size in (getattr(spec, "axes", None) or {}).items() if size is not None},
        source=layer,
    )


def _most(layer: Any) -> int | None:
    """Return the rank that a convolution really takes: its spec names only the least."""
    rank = getattr(layer, "rank", None)
    return rank + 2 if isinstance(rank, int) and hasattr(layer, "kernel_size") else None


def parts_of(layer: Any) -> list[Any]:
    """Return the layers inside a layer or model, at any depth, in the order in which they were kept."""
    found: dict[int, Any] = {}
    waiting = [layer]
    while waiting:
        one = waiting.pop()
        if id(one) in found:
            continue
        found[id(one)] = one
        # Keras 3 turns around what lies deeper, so one level is asked for at a time.
        waiting += reversed(list(one._flatten_layers(recursive=False, include_self=False)))
    return list(found.values())[1:]
