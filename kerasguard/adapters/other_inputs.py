"""Would a model accept this call if its Inputs had other shapes? Asked of a copy without trained weights."""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

import tensorflow as tf

from kerasguard.adapters import specs, symbolic, wants
from kerasguard.adapters.trial import Call, Outcome, try_call
from kerasguard.vocabulary import Shape

MOST_LAYERS = 500  # a copy of more takes longer than an explanation may


def is_untrained(model: Any) -> bool:
    """Return whether no training step has changed the model's weights yet."""
    optimizer = specs.read(model, "optimizer")
    steps = specs.read(optimizer, "iterations") if optimizer is not None else None
    try:
        with tf.init_scope():  # inside a function that is being traced the number of steps has no value
            return steps is None or int(steps.numpy()) == 0  # the copies that tf.distribute makes of it are no numbers
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        return False


def accepts(call: Call, shapes: list[Shape]) -> Outcome:
    """Try the call on a copy of its model whose Inputs have these batch shapes.

    The copy has to give outputs of the same shapes as the model: what comes after it must not notice.
    """
    model = call.owner
    root = symbolic.flavour(model)
    if root is None:
        return Outcome(accepted=False, note="not a Keras model")
    if sum(1 for _ in model._flatten_layers()) > MOST_LAYERS:
        return Outcome(accepted=False, note="undecidable: the model is too large to be copied")
    found: list[Outcome] = []

    def copied() -> None:
        copy = _copy(importlib.import_module(root), model, shapes)
        if specs.read(model, "output_shape") != specs.read(copy, "output_shape"):
            found.append(Outcome(accepted=False, note="the model's outputs would have another shape"))
            return
        config = model.get_compile_config() if hasattr(model, "get_compile_config") else None
        if config:
            copy.compile_from_config(config)
        found.append(try_call(dataclasses.replace(call, owner=copy)))

    outer = symbolic.attempt(copied, [model], root, stateless=False)
    return found[0] if found else outer


def _copy(keras: Any, model: Any, shapes: list[Shape]) -> Any:
    inputs = [
        keras.Input(batch_shape=shape, dtype=wants.dtype_name(tensor))
        if root_takes_batch_shape(keras)
        else keras.Input(shape=shape[1:], dtype=wants.dtype_name(tensor))
        for shape, tensor in zip(shapes, wants.graph_inputs(model), strict=True)
    ]
    if not wants.is_sequential(model):
        return keras.models.clone_model(model, input_tensors=inputs if len(inputs) > 1 else inputs[0])
    layers = [layer for layer in model.layers if not wants.is_input_layer(layer)]
    return keras.Sequential([inputs[0], *(type(layer).from_config(layer.get_config()) for layer in layers)])


def root_takes_batch_shape(keras: Any) -> bool:
    """Return whether Input takes ``batch_shape`` in this Keras (tf_keras calls it otherwise in some releases)."""
    return keras.__name__ == "keras"
