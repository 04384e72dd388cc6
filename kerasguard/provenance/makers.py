"""Shapes of what random makers and the helpers of Keras and scikit-learn give, by rule."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from kerasguard.provenance.values import (
    PROBED,
    UNKNOWN,
    Ghost,
    ghost_of,
    is_array,
)

# Where the size stands among the positional arguments of the random makers.
SIZE_AT = {
    "random": 0, "random_sample": 0, "ranf": 0, "sample": 0, "standard_normal": 0, "uniform": 2, "normal": 2,
    "randint": 2, "integers": 2, "choice": 1, "poisson": 1, "binomial": 2, "exponential": 1, "beta": 2, "gamma": 2,
    "lognormal": 2, "laplace": 2, "logistic": 2, "bytes": 0, "standard_t": 1, "random_integers": 2, "geometric": 1,
}  # fmt: skip

FILLED = {"zeros": 1, "ones": 1, "empty": 1, "full": 2}


def numpy() -> Any:
    """Return NumPy if it is loaded."""
    return sys.modules.get("numpy")


def sized(size: Any) -> tuple[int | None, ...] | None:
    """Return a shape from what was given as one: a number, or a sequence of numbers some of which may be unknown."""
    if (isinstance(size, int) and not isinstance(size, bool)) or (is_array(size) and size.shape == ()):
        return (int(size),)
    if isinstance(size, Ghost):
        return (None,) if size.shape == () else None
    if isinstance(size, list | tuple):
        dims = [sized(item) for item in size]
        return tuple(d[0] if d else None for d in dims)
    return None


def plain(dtype: Any) -> bool:
    """Tell whether a dtype was given in a form that NumPy reads without running anything."""
    return dtype is None or isinstance(dtype, str | type | numpy().dtype)


def random_array(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return shape and dtype of what a NumPy random maker gives; no generator is ever asked."""
    if name in ("rand", "randn"):
        shape = sized(args) if args else ()
        return Ghost(shape, "float64") if shape is not None else UNKNOWN
    if name in ("permutation", "permuted"):
        ghost = ghost_of(args[0]) if args else None
        if isinstance(args[0], int):
            return Ghost((args[0],), "int64")
        return Ghost(ghost.shape, ghost.dtype) if ghost is not None else UNKNOWN
    at = SIZE_AT.get(name)
    if at is None:
        return UNKNOWN
    size = kwargs.get("size", args[at] if len(args) > at else None)
    integers = name in ("randint", "integers", "poisson", "binomial", "geometric", "random_integers")
    dtype: str | None = "int64" if integers else "float64"
    if name == "choice":
        pool = ghost_of(args[0]) if args else None
        dtype = pool.dtype if pool is not None else "int64"
    if plain(kwargs.get("dtype")) and kwargs.get("dtype") is not None:
        dtype = str(numpy().dtype(kwargs["dtype"]))
    if size is None:
        operands = [ghost_of(a) for a in args]
        ranks = [g for g in operands if g is not None and g.shape]
        return Ghost(ranks[0].shape if ranks else (), dtype)
    shape = sized(size)
    return UNKNOWN if shape is None else Ghost(shape, dtype)


def _objects(items: Any) -> Any:
    """Return the array of objects that is made of things: unequal ones stay objects."""
    if is_array(items) or not isinstance(items, list | tuple):
        ghost = ghost_of(items)
        ragged = ghost is not None and None in (ghost.shape or ())[1:]
        return (
            UNKNOWN if ghost is None or not ghost.shape else Ghost(ghost.shape[:1] if ragged else ghost.shape, "object")
        )
    shape = _nested(items)
    return UNKNOWN if shape is None else Ghost(shape, "object")


def _nested(items: Any) -> tuple[int | None, ...] | None:
    """Return the shape of the array of objects that nested sequences make; None where an item is not known."""
    if items is UNKNOWN:
        return None
    if not isinstance(items, list | tuple):
        ghost = ghost_of(items)
        return () if ghost is None else ghost.shape
    inner = {_nested(item) for item in items[:PROBED]}
    if None in inner:
        return None
    one = next(iter(inner)) if len(inner) == 1 else ()
    return (len(items),) if one is None or None in one else (len(items), *one)


def made_array(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what a maker of arrays gives, None where the function is another one."""
    if name in FILLED:
        return _filled(name, args, kwargs)
    if name in ("array", "asarray") and kwargs.get("dtype", args[1] if len(args) > 1 else None) is object:
        return _objects(args[0] if args else UNKNOWN)
    return None


def _filled(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    shape = sized(kwargs.get("shape", args[0] if args else None))
    rest = args[FILLED[name] :]
    dtype = kwargs.get("dtype", rest[0] if rest else None)
    return UNKNOWN if shape is None else Ghost(shape, str(numpy().dtype(dtype or float)) if plain(dtype) else None)


def _to_categorical(x: Any, num_classes: Any = None, *_rest: Any, **_: Any) -> Any:
    ghost = ghost_of(x)
    if ghost is None or ghost.shape is None:
        return UNKNOWN
    shape = ghost.shape[:-1] if len(ghost.shape) > 1 and ghost.shape[-1] == 1 else ghost.shape
    return Ghost((*shape, num_classes if isinstance(num_classes, int) else None), "float64")


def _padded(sequences: Any, maxlen: Any = None, *_rest: Any, **kwargs: Any) -> Any:
    count = len(sequences) if isinstance(sequences, list | tuple) else (ghost_of(sequences) or Ghost((None,))).shape[0]  # type: ignore[index]
    return Ghost((count, maxlen if isinstance(maxlen, int) else None), str(kwargs.get("dtype", "int32")))


def split(*arrays: Any, test_size: Any = None, train_size: Any = None, **_: Any) -> Any:
    """Return the parts that the split of scikit-learn makes: train and test of each array."""
    parts: list[Any] = []
    for array in arrays:
        ghost = ghost_of(array)
        if ghost is None or not ghost.shape:
            return UNKNOWN
        count = ghost.shape[0]
        test: int | None = None
        if count is not None:
            share = test_size if test_size is not None else (0.25 if train_size is None else None)
            if isinstance(share, float):
                test = math.ceil(share * count)
            elif isinstance(share, int):
                test = share
        train = count - test if count is not None and test is not None else None
        parts += [Ghost((n, *ghost.shape[1:]), ghost.dtype, ghost.kind) for n in (train, test)]
    return parts


KERAS_RULES: dict[str, Callable[..., Any]] = {"to_categorical": _to_categorical, "pad_sequences": _padded}
