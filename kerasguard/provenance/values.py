"""Abstract values: what is known of an array or tensor that is gone (shape, dtype), and how two of them meet."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Final

from kerasguard.provenance.access import is_a, read, root_of, runs_own_code
from kerasguard.vocabulary import Shape

MAX_LIVE_ELEMENTS = 100_000
PROBED = 128
PROBED_INSIDE = 4  # of a list in a list
DEEPEST = 32  # lists in lists: a list that holds itself is no array
RANK = ("list", "numpy", "eager", "symbolic")  # the later kind wins when two meet in an operation


@dataclass(frozen=True)
class Ghost:
    """An array or tensor of which only shape and dtype are known.

    Attributes
    ----------
    shape : tuple of (int or None), or None
        None for a size that is not known; None for the whole when even the rank is not known.
    dtype : str or None
        The name of the dtype.
    kind : str
        "numpy", "eager", "symbolic", "list" (a list of equally shaped things), "dataset", "layer" ...
    spec : object
        For a dataset the tree of Ghosts that one element is.
    """

    shape: Shape | None
    dtype: str | None = None
    kind: str = "numpy"
    spec: Any = None


class Unknown:
    """The value about which nothing is known."""

    def __repr__(self) -> str:
        """Name it."""
        return "UNKNOWN"

    def __bool__(self) -> bool:
        """Refuse to be a truth value by mistake: unknown is never true."""
        return False


UNKNOWN: Final = Unknown()


def is_array(value: Any) -> bool:
    """Tell whether `value` is a live NumPy array or scalar (NumPy is only looked up, never imported)."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and is_a(value, numpy.ndarray | numpy.generic)


def is_tensor(value: Any) -> bool:
    """Tell whether `value` is a live tensor, variable or symbolic tensor of TensorFlow or Keras."""
    kind = type(value)
    return root_of(kind) in ("tensorflow", "keras", "tf_keras") and hasattr(kind, "shape") and hasattr(kind, "dtype")


def is_dataset(value: Any) -> bool:
    """Tell whether `value` is a live tf.data dataset."""
    kind = type(value)
    return root_of(kind) == "tensorflow" and hasattr(kind, "element_spec")


def ghost_of(value: Any, depth: int = 0) -> Ghost | None:
    """Return shape and dtype of a live or abstract array-like, None for anything else.

    A list of equally shaped arrays or numbers counts as an array with a leading axis.
    """
    if type(value) is Ghost:
        return value
    if is_array(value):
        return Ghost(tuple(read(value, "shape", ())), str(read(value, "dtype")), "numpy")
    if is_dataset(value):
        return Ghost(None, None, "dataset", _spec_ghosts(read(value, "element_spec")))
    if is_tensor(value):
        return _tensor_ghost(value)
    if root_of(type(value)) == "pandas" and is_a(read(value, "shape"), tuple):
        return Ghost(tuple(value.shape), None, "numpy")
    if is_a(value, bool):
        return Ghost((), "bool", "list")
    if is_a(value, int):
        return Ghost((), "int64", "list")
    if is_a(value, float):
        return Ghost((), "float64", "list")
    if is_a(value, list | tuple | range) and not runs_own_code(value, "__len__", "__iter__", "__getitem__"):
        return _stacked(value, depth)
    return None


def _tensor_ghost(value: Any) -> Ghost | None:
    kind = "symbolic" if "KerasTensor" in type(value).__name__ or not hasattr(value, "numpy") else "eager"
    try:
        shape = read(value, "shape")
        dims: Shape | None = None if getattr(shape, "rank", 0) is None else tuple(shape)
        dtype = getattr(read(value, "dtype"), "name", None) or str(read(value, "dtype"))
    except (AttributeError, TypeError, ValueError):
        return None
    if root_of(type(value)) == "tensorflow" and "Ragged" in type(value).__name__:
        kind = "ragged"
    return Ghost(dims, dtype, kind)


def _spec_ghosts(spec: Any) -> Any:
    if is_a(spec, dict):
        return {key: _spec_ghosts(item) for key, item in spec.items()}
    if is_a(spec, list | tuple):
        return tuple(_spec_ghosts(item) for item in spec)
    shape = getattr(spec, "shape", None)
    if shape is None:
        return UNKNOWN
    dims = None if getattr(shape, "rank", 0) is None else tuple(shape)
    return Ghost(dims, getattr(getattr(spec, "dtype", None), "name", None), "eager")


def _stacked(items: Any, depth: int) -> Ghost | None:
    if depth > DEEPEST:
        return None
    if not len(items):
        return Ghost((0,), "float64", "list")
    if is_a(items, range):
        return Ghost((len(items),), "int64", "list")
    probed = PROBED if depth == 0 else PROBED_INSIDE
    probe = items if len(items) <= 2 * probed else [*items[:probed], *items[-probed:]]
    merged: Any = None
    for item in probe:
        ghost = ghost_of(item, depth + 1)
        if ghost is None or ghost.shape is None or ghost.kind == "dataset":
            return None
        merged = ghost if merged is None else merge(merged, ghost)
        if not is_a(merged, Ghost):
            return None
    return Ghost((len(items), *merged.shape), merged.dtype, "list")


def shape_of(value: Any) -> Shape | None:
    """Return the shape of a live or abstract array-like, None when there is none."""
    ghost = ghost_of(value)
    return None if ghost is None else ghost.shape


def add_axes(value: Any, lift: int) -> Any:
    """Return `value` with `lift` unknown leading axes more, or with -`lift` leading axes fewer."""
    ghost = ghost_of(value)
    if lift == 0:
        return value
    if ghost is None or ghost.shape is None or len(ghost.shape) + lift < 0:
        return UNKNOWN
    shape = (None,) * lift + ghost.shape if lift > 0 else ghost.shape[-lift:]
    return Ghost(shape, ghost.dtype, ghost.kind)


def element(value: Any, step: Any) -> Any:
    """Return `value[step]` for a tuple index or key, or any one element for ``"*"``."""
    if is_a(value, Ghost):
        if value.kind == "dataset":
            return value.spec if step == "*" else UNKNOWN
        if value.shape and (step == "*" or is_a(step, int)):
            return Ghost(value.shape[1:], value.dtype, value.kind)
        return UNKNOWN
    if step == "*":
        if is_a(value, list | tuple | range) and len(value):
            return value[0]
        if is_a(value, dict) and value:
            return next(iter(value))
        ghost = ghost_of(value)
        return element(ghost, "*") if ghost is not None else UNKNOWN
    if is_a(value, list | tuple) and is_a(step, int):
        return value[step] if -len(value) <= step < len(value) else UNKNOWN
    if is_a(value, dict):
        return value.get(step, UNKNOWN)
    if is_a(step, int) and (is_array(value) or is_tensor(value)):
        return element(ghost_of(value), step)
    return UNKNOWN


def merge(one: Any, other: Any) -> Any:
    """Return what holds of both values: sizes that differ become None, things that differ become UNKNOWN."""
    if one is other:
        return one
    if is_a(one, str | int | float | bool | type(None)) and type(one) is type(other) and one == other:
        return one
    if is_a(one, tuple) and is_a(other, tuple) and len(one) == len(other):
        return tuple(merge(a, b) for a, b in zip(one, other, strict=True))
    first, second = ghost_of(one), ghost_of(other)
    if first is None or second is None or "dataset" in (first.kind, second.kind):
        return first if first == second and first is not None else UNKNOWN
    if first.shape is None or second.shape is None or len(first.shape) != len(second.shape):
        return UNKNOWN
    shape = tuple(a if a == b else None for a, b in zip(first.shape, second.shape, strict=True))
    dtype = first.dtype if first.dtype == second.dtype else None
    return Ghost(shape, dtype, first.kind if first.kind == second.kind else stronger(first.kind, second.kind))


def stronger(*kinds: str) -> str:
    """Return the kind that an operation on these kinds gives."""
    known = [kind for kind in kinds if kind in RANK]
    if any(kind not in RANK for kind in kinds):
        return next(kind for kind in kinds if kind not in RANK)
    return max(known, key=RANK.index, default="numpy")
