"""Functions of TensorFlow and NumPy, and those that do the same on Keras' symbolic tensors."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

ROOTS = ("tensorflow", "numpy", "math")
# Only names that differ; every other function is looked up under its own name.
OTHER_NAMES = {
    "reduce_mean": "mean", "reduce_sum": "sum", "reduce_max": "max", "reduce_min": "min", "reduce_prod": "prod",
    "reduce_all": "all", "reduce_any": "any", "reduce_std": "std", "reduce_variance": "var",
    "reduce_logsumexp": "logsumexp", "concat": "concatenate", "pow": "power", "clip_by_value": "clip",
    "reverse": "flip", "range": "arange", "floordiv": "floor_divide", "is_nan": "isnan", "is_inf": "isinf",
    "is_finite": "isfinite", "l2_normalize": "normalize", "fabs": "abs", "divide_no_nan": "divide_no_nan",
    "amax": "max", "amin": "min", "asarray": "convert_to_tensor", "array": "convert_to_tensor",
}  # fmt: skip
TO_TENSORFLOW = {
    "mean": "reduce_mean", "sum": "reduce_sum", "max": "reduce_max", "min": "reduce_min", "prod": "reduce_prod",
    "all": "reduce_all", "any": "reduce_any", "std": "math.reduce_std", "var": "math.reduce_variance",
    "concatenate": "concat", "power": "pow", "clip": "clip_by_value", "flip": "reverse", "amax": "reduce_max",
    "amin": "reduce_min", "absolute": "abs", "fabs": "abs", "dot": "tensordot",
}  # fmt: skip
OTHER_ARGUMENTS = {
    "perm": "axes", "multiples": "repeats", "depth": "num_classes", "clip_value_min": "x_min",
    "clip_value_max": "x_max", "paddings": "pad_width", "num_or_size_splits": "indices_or_sections",
    "input_tensor": "x", "input": "x", "tensor": "x", "logits": "x", "features": "x", "values": "xs", "a": "x1",
    "b": "x2", "mean": "mean", "stddev": "stddev",
}  # fmt: skip
FIRST_AXIS = frozenset({"gather"})  # their axis is the first one where keras.ops flattens


class Equivalent(NamedTuple):
    """A function that does the same: its dotted path below a package, and how keyword arguments are renamed."""

    package: str
    path: str
    function: Callable[..., Any]
    renames: dict[str, str | None]


def root_of(function: Any) -> str:
    """Return the package of a function."""
    module = getattr(function, "__module__", None) or type(function).__module__
    return str(module).partition(".")[0]


def is_foreign(function: Any) -> bool:
    """Return whether a function is TensorFlow's, NumPy's or of ``math``."""
    return callable(function) and root_of(function) in ROOTS and not isinstance(function, type)


def equivalent(name: str, function: Any, keywords: tuple[str, ...], root: str) -> Equivalent | None:
    """Return what does the same as a foreign function, looked up in what is installed.

    Parameters
    ----------
    name
        The last part of what the user wrote, ``reduce_mean`` of ``tf.reduce_mean``.
    keywords
        The keyword arguments in use.
    root
        The Keras whose tensors it is given.
    """
    if root == "tf_keras":
        return None if root_of(function) == "tensorflow" else _in_tensorflow(name)
    keras: Any = sys.modules.get("keras")
    module = str(getattr(function, "__module__", ""))
    places = ["random"] if "random" in module else ["ops", "ops.image", "activations"]
    wanted = OTHER_NAMES.get(name, name)
    if name in FIRST_AXIS:
        return None
    for place in places:
        holder = functools.reduce(lambda held, part: getattr(held, part, None), place.split("."), keras)
        found = getattr(holder, wanted, None)
        if callable(found) and not isinstance(found, type):
            renames = _renames(found, keywords)
            return None if renames is None else Equivalent("keras", f"{place}.{wanted}", found, renames)
    return None


def _in_tensorflow(name: str) -> Equivalent | None:
    tensorflow: Any = sys.modules.get("tensorflow")
    mapped = TO_TENSORFLOW.get(name, name)
    for path in (mapped, f"math.{mapped}", f"nn.{mapped}", f"linalg.{mapped}", f"experimental.numpy.{name}"):
        found = functools.reduce(lambda held, part: getattr(held, part, None), path.split("."), tensorflow)
        if callable(found) and not isinstance(found, type):
            return Equivalent("tensorflow", path, found, {})
    return None


def _renames(function: Any, keywords: tuple[str, ...]) -> dict[str, str | None] | None:
    """Return new names for the keywords that a function does not take; None where one cannot be said."""
    try:
        known = set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}
    renames: dict[str, str | None] = {}
    for keyword in keywords:
        if keyword in known:
            continue
        other = OTHER_ARGUMENTS.get(keyword)
        if keyword == "name":
            renames[keyword] = None
        elif other in known:
            renames[keyword] = other
        else:
            return None
    return renames
