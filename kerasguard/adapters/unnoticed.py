"""What runs and cannot work: read off the layers of a model that has been called."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.specs import leaves, read, shape_of
from kerasguard.vocabulary import Shape

_SIZES = ("units", "filters")
_RECURRENT = frozenset({"RNN", "LSTM", "GRU", "SimpleRNN", "ConvRNN", "ConvRNN1D", "ConvRNN2D", "ConvRNN3D"})


def values_unchecked(model: Any) -> bool:
    """Return whether `model` runs compiled (XLA), or on a device that looks ids up without a check."""
    if read(model, "run_eagerly"):
        return False
    return read(model, "jit_compile") is True or _other_device()


def _other_device() -> bool:
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and bool(tensorflow.config.list_logical_devices("GPU"))


def layers_of(model: Any) -> list[Any]:
    """Return the layers of a model, those of models within it included."""
    walk = read(model, "_flatten_layers")
    if walk is None:
        return []
    try:
        return list(walk(recursive=True, include_self=False))
    except (AttributeError, TypeError):
        return []  # its constructor did not run to the end


def softmax_of_one(model: Any) -> Any:
    """Return the first layer that takes a softmax over an axis of one, None without any."""
    for layer in layers_of(model):
        if _is(layer, "Softmax"):
            axis = read(layer, "axis")
            if axis in (-1, None) and _last(layer) == 1:
                return layer
        elif read(read(layer, "activation"), "__name__") == "softmax" and wants.is_keras(type(layer)):
            size = next((read(layer, name) for name in _SIZES if isinstance(read(layer, name), int)), None)
            if size == 1 or (size is None and _is(layer, "Activation") and _last(layer) == 1):
                return layer
    return None


def softmax_over_samples(model: Any) -> Any:
    """Return the first Softmax layer over the samples that gives an output of the model, None without any.

    Inside a model it may be meant: attention over a bag of instances that are fed as a batch.
    """
    outputs = {id(one) for _, one in leaves(read(model, "outputs"))}
    for layer in layers_of(model):
        found = axis_of_softmax(layer)
        if found is not None and found[0] == 0 and found[1] > 1 and id(read(layer, "output")) in outputs:
            return layer
    return None


def axis_of_softmax(layer: Any) -> tuple[int, int] | None:
    """Return the axis of a Softmax layer and the rank that it works on; None for another layer, or several axes."""
    ranks = {len(shape) for shape in _called_on(layer) if shape} if _is(layer, "Softmax") else set()
    axis = read(layer, "axis")
    if len(ranks) != 1 or not isinstance(axis, int):
        return None
    rank = ranks.pop()
    return axis % rank, rank


def recurrent(model: Any) -> Iterator[tuple[Any, list[Shape | None]]]:
    """Yield the recurrent layers of a model, each with the shapes of the tensors that it was called on."""
    seen: set[int] = set()
    for layer in layers_of(model):
        inner = read(layer, "forward_layer") if _is(layer, "Bidirectional") else layer
        if id(layer) in seen or not any(_is(inner, name) for name in _RECURRENT):
            continue
        seen |= {id(layer), id(inner), id(read(layer, "backward_layer"))}
        yield layer, _called_on(layer)


def keeps_state(layer: Any) -> bool:
    """Return whether a recurrent layer goes on where it stopped: fed step by step it may see one step at a time."""
    inner = read(layer, "forward_layer") or layer
    return bool(read(inner, "stateful") or read(inner, "return_state"))


def embeddings_of(model: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (KerasTensor, layer) where an embedding looks up the ids of an Input of the model as they are."""
    inputs = {id(tensor): tensor for tensor in wants.graph_inputs(model)}
    for layer in layers_of(model):
        if _is(layer, "Embedding"):
            for node in read(layer, "_inbound_nodes") or []:
                for tensor in _tensors(node):
                    if id(tensor) in inputs:
                        yield tensor, layer


def consumers(model: Any, tensor: Any) -> frozenset[int]:
    """Return the ids of the layers that take an Input of a functional model."""
    return frozenset(
        id(layer)
        for layer in read(model, "layers") or []
        if not wants.is_input_layer(layer)
        for node in read(layer, "_inbound_nodes") or []
        if any(one is tensor for one in _tensors(node))
    )


def _is(layer: Any, name: str) -> bool:
    return any(cls.__name__ == name and wants.is_keras(cls) for cls in type(layer).__mro__)


def _called_on(layer: Any) -> list[Shape | None]:
    nodes = read(layer, "_inbound_nodes") or []
    return [shape_of(tensor) for node in nodes for tensor in _tensors(node)]


def _last(layer: Any) -> int | None:
    sizes = {shape[-1] if shape else None for shape in _called_on(layer)}
    return sizes.pop() if len(sizes) == 1 else None


def _tensors(node: Any) -> list[Any]:
    found = read(node, "input_tensors")
    if found is None:
        return []
    return list(found) if isinstance(found, (list, tuple)) else [found]


def ordered(model: Any, takers: frozenset[int]) -> bool:
    """Return whether one of these layers tells its inputs apart: it joins them in an order, or subtracts them."""
    return any(
        id(layer) in takers and any(_is(layer, name) for name in ("Concatenate", "Subtract"))
        for layer in read(model, "layers") or []
    )
