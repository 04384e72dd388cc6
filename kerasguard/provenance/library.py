"""What library functions make of abstract arrays: NumPy runs on zero-stride stand-ins, TensorFlow on placeholders."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import islice
from typing import Any

from kerasguard.provenance.access import is_a, is_endless, is_inert, some
from kerasguard.provenance.makers import FILLED, KERAS_RULES, made_array, numpy, random_array, split
from kerasguard.provenance.values import (
    MAX_LIVE_ELEMENTS,
    UNKNOWN,
    Ghost,
    Unknown,
    ghost_of,
    is_array,
    is_tensor,
    stronger,
)

Infer = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
MAX_ITEMS = 512
MAX_ELEMENTS = 2_000_000
SAMPLE_SIZES = (3, 5)  # an unknown or huge size is tried as both: what differs in the results depends on it
# By the values, not by the shapes, the size of these results is decided.
VALUE_SIZED = frozenset(
    [
        "unique",
        "nonzero",
        "flatnonzero",
        "argwhere",
        "compress",
        "extract",
        "bincount",
        "intersect1d",
        "setdiff1d",
        "union1d",
        "trim_zeros",
        "setxor1d",
        "unique_values",
        "boolean_mask",
    ]
)
EFFECTS = frozenset(
    [
        "load",
        "save",
        "savez",
        "savez_compressed",
        "savetxt",
        "loadtxt",
        "genfromtxt",
        "fromfile",
        "fromregex",
        "memmap",
        "open_memmap",
        "seterr",
        "set_printoptions",
        "put",
        "place",
        "copyto",
        "fill_diagonal",
        "putmask",
        "seed",
        "shuffle",
        "vectorize",
        "fromfunction",
        "frompyfunc",
        "apply_along_axis",
        "apply_over_axes",
        "fromiter",
        "fromstring",
        "set_state",
        "sort",
        "fill",
        "resize",
        "itemset",
        "partition",
        "setflags",
        "tofile",
        "dump",
        "dumps",
        "setfield",
        "byteswap",
        "byte_bounds",
        "info",
        "lookfor",
        "show_config",
        "source",
        "test",
        "put_along_axis",
    ]
)
COSTLY = frozenset(
    [
        "tile",
        "repeat",
        "outer",
        "kron",
        "meshgrid",
        "eye",
        "identity",
        "pad",
        "arange",
        "linspace",
        "logspace",
        "geomspace",
        "indices",
        "tri",
        "diag",
        "diagflat",
        "vander",
        "dot",
        "einsum",
        "tensordot",
        "inner",
        "vdot",
        "convolve",
        "correlate",
        "cov",
        "corrcoef",
        "polyfit",
        "histogram",
        "interp",
    ]
)


def call_library(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], infer: Infer | None) -> Any:
    """Return what a library function would give for live or abstract arguments, UNKNOWN where no rule knows.

    The function itself runs only on stand-ins, and only when it is a pure function of NumPy or TensorFlow.
    """
    name = getattr(function, "__name__", "")
    module = getattr(function, "__module__", None) or ""
    if not module:
        module = type(getattr(function, "__self__", None)).__module__
    root = module.partition(".")[0]
    if _has_unknown((args, kwargs)):
        return _in_spite_of_unknowns(name, root, args, kwargs)
    if name in EFFECTS or "out" in kwargs:
        return UNKNOWN
    np = numpy()
    if name in ("default_rng", "RandomState") and root == "numpy":
        return Ghost(None, None, "generator")
    random_maker = np is not None and isinstance(
        getattr(function, "__self__", None), np.random.RandomState | np.random.Generator
    )
    if random_maker:
        return random_array(name, args, kwargs)
    rule = KERAS_RULES.get(name) if root in ("keras", "tf_keras") else None
    rule = rule or (split if name == "train_test_split" and root == "sklearn" else None)
    if rule is not None:
        return rule(*args, **kwargs)
    if np is not None and (root == "numpy" or isinstance(function, np.ufunc) or _is_dtype(function)):
        return numpy_call(function, name, args, kwargs)
    if root in ("tensorflow", "keras", "tf_keras") and infer is not None:
        return infer(function, args, kwargs)
    return UNKNOWN


def _is_dtype(function: Any) -> bool:
    return isinstance(function, type) and issubclass(function, numpy().generic)


def call_method(receiver: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what a method of an array or tensor would give."""
    ghost = ghost_of(receiver)
    if ghost is None or name in EFFECTS:
        return UNKNOWN
    if name == "numpy":
        return Ghost(ghost.shape, ghost.dtype, "numpy")
    if name == "get_shape":
        return ghost.shape if ghost.shape is not None else UNKNOWN
    if _has_unknown((args, kwargs)):
        return _in_spite_of_unknowns(name, "numpy", (ghost, *args), kwargs)
    if ghost.kind in ("eager", "symbolic", "ragged"):
        return UNKNOWN
    if name == "tolist":
        return Ghost(ghost.shape, ghost.dtype, "list")
    return numpy_call(lambda a, *rest, **kw: getattr(a, name)(*rest, **kw), name, (receiver, *args), kwargs)


def apply(function: Callable[..., Any], *operands: Any) -> Any:
    """Return the shape and dtype that an operator gives for these operands, of the strongest kind among them."""
    if any(isinstance(value, Unknown) for value in operands):
        return UNKNOWN
    ghosts = [ghost_of(value) for value in operands]
    kinds = [ghost.kind for ghost in ghosts if ghost is not None]
    if function is operator.matmul and all(ghosts):
        return _matmul(*ghosts)  # type: ignore[arg-type]  # all() made sure
    result = numpy_call(function, getattr(function, "__name__", ""), operands, {})
    kind = stronger(*kinds)
    if isinstance(result, Ghost) and kind in ("eager", "symbolic", "ragged"):
        strongest = next(g for g in ghosts if g is not None and g.kind == kind)
        dtype = result.dtype if result.dtype == "bool" else strongest.dtype
        return Ghost(result.shape, dtype, kind)
    return result


def _matmul(one: Ghost, other: Ghost) -> Any:
    if not one.shape or not other.shape:
        return UNKNOWN
    left, right = one.shape[:-1], other.shape[-1:] if len(other.shape) > 1 else ()
    batch = left[:-1] if len(one.shape) > 1 else ()
    rows = left[-1:]
    if len(other.shape[2:]) and len(other.shape) > len(one.shape):
        batch = other.shape[:-2]
    return Ghost((*batch, *rows, *right), one.dtype, stronger(one.kind, other.kind))


def _has_unknown(tree: Any, around: tuple[int, ...] = ()) -> bool:
    if is_a(tree, Unknown):
        return True
    if not is_a(tree, list | tuple | dict) or is_endless(tree, around):
        return False
    return any(_has_unknown(one, (*around, id(tree))) for one in some(tree))


def _in_spite_of_unknowns(name: str, root: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what is known of a result when some argument is not: its rank, mostly."""
    if root != "numpy":
        return UNKNOWN
    if name in (*FILLED, "reshape") and args:
        shape = kwargs.get("shape", args[0] if name in FILLED else (args[1] if len(args[1:]) == 1 else args[1:]))
        if isinstance(shape, list | tuple):
            return Ghost(tuple(n if isinstance(n, int) and n >= 0 else None for n in shape), None)
    return UNKNOWN


def numpy_call(function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the result of a NumPy function: exact for small live arguments, shape and dtype otherwise."""
    np = numpy()
    if np is None:
        return UNKNOWN
    made = made_array(name, args, kwargs)
    if made is not None:
        return made
    leaves = _ghosts((args, kwargs))
    if _spread(leaves) > MAX_ELEMENTS:
        args, kwargs = tuple(_one_array(a) for a in args), {k: _one_array(v) for k, v in kwargs.items()}
        leaves = _ghosts((args, kwargs))
    abstract = any(isinstance(a, Ghost) or is_tensor(a) or _large(a) for a in _flat((args, kwargs)))
    if any(g.shape is None or g.kind in ("dataset", "layer") for g in leaves):
        return UNKNOWN
    if any(callable(a) and not isinstance(a, type) for a in (*args, *kwargs.values())):
        return UNKNOWN
    huge = max((_elements(g.shape) for g in leaves), default=0)
    if name in COSTLY and huge * _numbers((args, kwargs)) > MAX_ELEMENTS:
        return UNKNOWN
    if name in VALUE_SIZED and leaves and any(isinstance(a, Ghost) for a in _flat((args, kwargs))):
        return Ghost((None,), leaves[0].dtype) if name not in ("nonzero", "argwhere") else UNKNOWN
    views = name in ("reshape", "transpose", "squeeze", "expand_dims", "swapaxes", "moveaxis", "getitem", "rollaxis")
    uncertain = any(None in g.shape or g.shape == () for g in _flat((args, kwargs)) if isinstance(g, Ghost))  # type: ignore[operator]
    with np.errstate(all="ignore"):
        try:
            if not uncertain and (views or (huge <= MAX_ELEMENTS and _spread(leaves) <= MAX_ELEMENTS)):
                result = function(*_stand_in(args, 1, None), **_stand_in(kwargs, 1, None))
                return _result(result, abstract=abstract)
            return _extrapolated(function, args, kwargs, leaves)
        except Exception:  # noqa: BLE001  # what the library says of odd arguments is not our business
            return UNKNOWN


def _extrapolated(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Ghost]
) -> Any:
    """Run with a huge leading size and every unknown one replaced by 3 and by 5, and read off what depends on them."""
    big = max(leaves, key=lambda g: _elements(g.shape), default=None)
    lead = None
    if big is not None and big.shape and _elements(big.shape) > MAX_ELEMENTS:
        lead = big.shape[0]
    low, high = (
        _result(function(*_stand_in(args, n, lead), **_stand_in(kwargs, n, lead)), abstract=True) for n in SAMPLE_SIZES
    )
    unknown_too = any(None in (g.shape or ()) or g.shape == () for g in leaves)
    return _between(low, high, lead, unknown_too=unknown_too)


def _between(low: Any, high: Any, lead: int | None, *, unknown_too: bool) -> Any:
    if isinstance(low, tuple | list) and type(low) is type(high) and len(low) == len(high):
        return type(low)(_between(a, b, lead, unknown_too=unknown_too) for a, b in zip(low, high, strict=True))
    one, other = ghost_of(low), ghost_of(high)
    if isinstance(low, int) and isinstance(high, int):
        size = _size(low, high, lead, unknown_too=unknown_too)
        return UNKNOWN if size is None else size
    if one is None or other is None or one.shape is None or other.shape is None or len(one.shape) != len(other.shape):
        return UNKNOWN
    shape = tuple(_size(a, b, lead, unknown_too=unknown_too) for a, b in zip(one.shape, other.shape, strict=True))
    return Ghost(shape, one.dtype, one.kind)


def _size(low: int | None, high: int | None, lead: int | None, *, unknown_too: bool) -> int | None:
    if low == high:
        return low
    if lead is None or unknown_too or low is None or high is None:
        return None
    first, second = SAMPLE_SIZES
    slope, rest = divmod(high - low, second - first)
    return None if rest else low + slope * (lead - first)


def _stand_in(tree: Any, unknown: int, lead: int | None) -> Any:
    np = numpy()
    if isinstance(tree, list | tuple):
        if len(tree) > MAX_ITEMS:
            ghost = ghost_of(tree)
            return _inert(tree) if ghost is None else _stand_in(ghost, unknown, lead)
        items = [_stand_in(item, unknown, lead) for item in tree]
        return tuple(items) if isinstance(tree, tuple) else items
    if isinstance(tree, dict):
        return {key: _stand_in(item, unknown, lead) for key, item in tree.items()}
    if is_tensor(tree) or (is_array(tree) and (tree.size > MAX_LIVE_ELEMENTS or (lead and tree.shape[:1] == (lead,)))):
        tree = ghost_of(tree)
    if not is_a(tree, Ghost):
        return _inert(tree)
    shape = [unknown if n is None else n for n in tree.shape or ()]
    if lead is not None and shape and shape[0] == lead:
        shape[0] = unknown
    dtype = np.dtype(tree.dtype if _numpy_dtype(tree.dtype) else "float32")
    filling = np.full((), unknown, dtype) if not shape and dtype.kind in "iuf" else np.zeros((), dtype)
    return np.broadcast_to(filling, shape) if shape else filling[()]


def _inert(value: Any) -> Any:
    """Return a value that a library may handle; it refuses what would run the user's code or be used up."""
    if not is_inert(value) or (is_a(value, list | tuple) and not all(is_inert(one) for one in some(value))):
        raise TypeError("only code of the user's could tell")
    if is_array(value) and value.dtype.hasobject:
        raise TypeError("the operations of objects are the user's")
    return value


def _numpy_dtype(name: str | None) -> bool:
    try:
        return name is not None and numpy().dtype(name) is not None
    except TypeError:
        return False


def _result(value: Any, *, abstract: bool) -> Any:
    """Turn what a run on stand-ins gave into an abstract value; only small live arguments give live results."""
    if type(value) in (list, tuple):
        return type(value)([_result(item, abstract=abstract) for item in value])
    if is_array(value):
        return Ghost(tuple(value.shape), str(value.dtype)) if abstract or _large(value) else value
    if isinstance(value, int | str | type(None) | numpy().dtype):
        return value
    if isinstance(value, float):
        return Ghost((), "float64") if abstract else value
    return UNKNOWN


def _large(value: Any) -> bool:
    return is_array(value) and bool(value.size > MAX_LIVE_ELEMENTS)


def _one_array(value: Any) -> Any:
    """Return a list of equally shaped arrays as one abstract array."""
    if isinstance(value, list | tuple) and any(isinstance(v, Ghost) or is_array(v) for v in value):
        return ghost_of(value) or value
    return value


def _ghosts(tree: Any) -> list[Ghost]:
    found = (
        ghost_of(item) if isinstance(item, Ghost) or is_array(item) or is_tensor(item) else None for item in _flat(tree)
    )
    return [ghost for ghost in found if ghost is not None]


def _flat(tree: Any) -> list[Any]:
    if isinstance(tree, list | tuple):
        return [leaf for item in tree[:MAX_ITEMS] for leaf in _flat(item)]
    if isinstance(tree, dict):
        return [leaf for item in islice(tree.values(), MAX_ITEMS) for leaf in _flat(item)]
    return [tree]


def _elements(shape: Any) -> int:
    return math.prod(n for n in shape or () if n is not None)


def _spread(leaves: list[Ghost]) -> int:
    """Return how many elements these shapes have when they are broadcast, or joined, to one."""
    rank = max((len(g.shape or ()) for g in leaves), default=0)
    widest = [1] * rank
    for ghost in leaves:
        for axis, n in enumerate(reversed(ghost.shape or ())):
            widest[axis] = max(widest[axis], n or 1)
    return max(math.prod(widest), sum(_elements(g.shape) for g in leaves))


def _numbers(tree: Any) -> int:
    return math.prod(abs(n) for n in _flat(tree) if isinstance(n, int) and not isinstance(n, bool) and n) or 1
