"""What every layer class of both Kerases is built with and called on: by parameter name, with the exceptions by class."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

# Layers that cannot be built or called here, each with the reason.
UNBUILT = {
    "Layer": "abstract",
    "Wrapper": "abstract",
    "InputLayer": "is not called",
    "FlaxLayer": "needs flax",
    "JaxLayer": "needs jax",
    "TorchModuleWrapper": "needs torch",
    "TFSMLayer": "needs a SavedModel on disk",
    "AbstractRNNCell": "abstract",
    "STFTSpectrogram": "needs scipy",
    "tf_keras.DenseFeatures": "needs feature columns, which Keras no longer documents",
    "tf_keras.SpectralNormalization": "fails by itself in a process where tf.keras is Keras 3",
}

# Values for parameters that have no default.
ARGUMENTS: dict[str, Any] = {
    "units": 3,
    "pool_size": 2,
    "max_number": 2,
    "filters": 2,
    "kernel_size": 2,
    "rate": 0.5,
    "stddev": 0.5,
    "factor": 0.5,
    "scale": 2.0,
    "height": 4,
    "width": 4,
    "height_factor": 0.5,
    "width_factor": 0.5,
    "input_dim": 10,
    "output_dim": 4,
    "num_heads": 2,
    "key_dim": 4,
    "head_dim": 4,
    "num_query_heads": 4,
    "num_key_value_heads": 2,
    "num_bins": 4,
    "num_tokens": 10,
    "n": 2,
    "dims": (2, 1),
    "target_shape": (-1,),
    "activation": "tanh",
    "function": abs,
    "equation": "...x,xy->...y",
    "output_shape": (4,),
    "axes": 1,
    "output_size": 4,
    "value_range": (0.0, 1.0),
    "bin_boundaries": [0.2, 0.6],
    "max_length": 8,
    "sequence_length": 8,
}
# By class: arguments that replace or add to those above. A function gets the package, for layers within layers.
SPECIAL: dict[str, Any] = {
    "Bidirectional": lambda keras: {"layer": keras.layers.LSTM(2)},
    "TimeDistributed": lambda keras: {"layer": keras.layers.Dense(2)},
    "SpectralNormalization": lambda keras: {"layer": keras.layers.Dense(2)},
    "RNN": lambda keras: {"cell": keras.layers.LSTMCell(2)},
    "StackedRNNCells": lambda keras: {"cells": [keras.layers.LSTMCell(2), keras.layers.LSTMCell(3)]},
    "Pipeline": lambda keras: {"layers": [keras.layers.Rescaling(2.0)]},
    "RandomApply": lambda keras: {"layer": keras.layers.Rescaling(2.0)},
    "GroupNormalization": {"groups": 2},
    "MaxNumBoundingBoxes": {"bounding_box_format": "xyxy"},
    "RandomPosterization": {"factor": 4},
    "EinsumDense": {"output_shape": (None, 4), "equation": "abx,xy->aby"},
    "Cropping1D": {"cropping": 1},
    "CategoryEncoding": {"num_tokens": 10},
    "Normalization": {"mean": 0.0, "variance": 2.0},
    "StringLookup": {"vocabulary": ["a", "b"]},
    "IntegerLookup": {"vocabulary": [1, 2]},
    "TextVectorization": {"vocabulary": ["a", "b"]},
    "Discretization": {"bin_boundaries": [0.2, 0.6]},
}
MERGES = frozenset({"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"})
SEQUENCES = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "CuDNN", "EinsumDense", "Permute")
PICTURES = (
    *("Random", "Resizing", "CenterCrop", "AutoContrast", "Contrast", "Equalization", "Solarization"),
    *("AugMix", "CutMix", "MixUp", "RandAugment", "Pipeline"),
)


def classes(keras: Any) -> dict[str, type]:
    """Return every layer class that the package makes public, each under one name."""
    found: dict[type, str] = {}
    for name in sorted(dir(keras.layers)):
        cls = getattr(keras.layers, name)
        if inspect.isclass(cls) and issubclass(cls, keras.layers.Layer):
            found.setdefault(cls, name)
    return {name: cls for cls, name in found.items() if not UNBUILT.keys() & {name, f"{keras.__name__}.{name}"}}


def made(keras: Any, name: str, cls: type) -> Any:
    """Build a layer; its required arguments come from the tables, its seed is fixed."""
    special = SPECIAL.get(name, {})
    arguments = dict(special(keras) if callable(special) else special)
    for parameter in inspect.signature(cls).parameters.values():
        needed = parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        if needed and parameter.name not in arguments:
            arguments[parameter.name] = ARGUMENTS[parameter.name]
        if parameter.name == "seed":
            arguments["seed"] = 7
    return cls(**arguments)


def called(name: str, layer: Any) -> Any:
    """Call a layer on data of the kind that it takes; the first row of the table below that fits gives it."""
    return layer(*next(arguments() for fits, arguments in _CALLS if fits(name)))


def _floats(*shape: int) -> Any:
    return tf.constant(np.random.default_rng(3).random(shape).astype("float32"))


def _one_of(*names: str) -> Callable[[str], bool]:
    return lambda name: name in names


def _begins(*names: str) -> Callable[[str], bool]:
    return lambda name: name.startswith(names)


def _has(part: str) -> Callable[[str], bool]:
    return lambda name: part in name


_CALLS: tuple[tuple[Callable[[str], bool], Callable[[], tuple[Any, ...]]], ...] = (
    (_one_of(*MERGES), lambda: ([_floats(2, 4, 4), _floats(2, 4, 4)],)),
    (_one_of("Attention", "AdditiveAttention"), lambda: ([_floats(2, 5, 4), _floats(2, 6, 4)],)),
    (_one_of("MultiHeadAttention", "GroupQueryAttention"), lambda: (_floats(2, 5, 4), _floats(2, 6, 4))),
    (_one_of("LSTMCell"), lambda: (_floats(2, 4), [_floats(2, 3)] * 2)),
    (_one_of("GRUCell", "SimpleRNNCell"), lambda: (_floats(2, 4), [_floats(2, 3)])),
    (_one_of("StackedRNNCells"), lambda: (_floats(2, 4), [[_floats(2, 2)] * 2, [_floats(2, 3)] * 2])),
    (_one_of("StringLookup", "TextVectorization"), lambda: (np.array([["a"], ["c"]]),)),
    (
        _one_of("Embedding", "ReversibleEmbedding", "CategoryEncoding", "Hashing", "IntegerLookup"),
        lambda: (np.array([[1, 2], [3, 4]]),),
    ),
    (_one_of("HashedCrossing"), lambda: ((np.array([1, 2]), np.array([3, 4])),)),
    (_one_of("MaxNumBoundingBoxes"), lambda: ({"images": _floats(2, 8, 8, 3), "bounding_boxes": _boxes()},)),
    (_one_of("MelSpectrogram"), lambda: (_floats(2, 16_000),)),
    (_begins("ConvLSTM1D"), lambda: (_floats(2, 5, 8, 3),)),
    (_begins("ConvLSTM2D"), lambda: (_floats(2, 5, 8, 8, 3),)),
    (_begins("ConvLSTM3D"), lambda: (_floats(2, 5, 4, 4, 4, 3),)),
    (_has("1D"), lambda: (_floats(2, 8, 3),)),
    (_has("2D"), lambda: (_floats(2, 8, 8, 3),)),
    (_has("3D"), lambda: (_floats(2, 8, 8, 8, 3),)),
    (_begins(*PICTURES), lambda: (_floats(2, 8, 8, 3),)),
    (_begins(*SEQUENCES), lambda: (_floats(2, 5, 4),)),
    (_begins(""), lambda: (_floats(2, 4),)),
)


def _boxes() -> dict[str, Any]:
    return {"boxes": _floats(2, 3, 4), "labels": tf.ones((2, 3))}
