"""What an object is, without touching it: kind, shape and dtype of user data, never converted and never read."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kerasguard.provenance import access
from kerasguard.provenance.access import is_a, is_endless, root_of, runs_own_code
from kerasguard.vocabulary import Shape

Path = tuple[Any, ...]
read = access.read  # every look at an attribute of a user's object goes through it

_NUMBERS = (int, float, complex)
_TEXT = (str, bytes, bytearray)
MOST_LEAVES = 10_000  # no model has so many inputs: what comes after them is more of the same
_LOOK = 64  # so many items of a Python list are looked at; longer lists are judged by their two ends
_RANK = 32  # no array has more axes
_DEEP = 32  # nesting beyond this is not user data
_ITERATION = ("__iter__", "__len__", "__getitem__", "items", "keys", "values")


@dataclass(frozen=True, slots=True)
class Spec:
    """Shape, dtype and kind of one leaf; ``None`` stands for what cannot be known without reading values.

    Attributes
    ----------
    shape : tuple of int or None, optional
        ``None`` as a whole means unknown rank.
    dtype : str, optional
    kind : str
        numpy, eager, variable, symbolic, keras, ragged, sparse, python, dataset, generator, pydataset, dataframe,
        object, layer, model or other.
    """

    shape: Shape | None
    dtype: str | None
    kind: str


def bases(obj: Any) -> list[tuple[str, str]]:
    """Return (root package, class name) of the type of an object and of its bases."""
    return [(root_of(cls), cls.__name__) for cls in type(obj).__mro__]


def _is_a(names: Iterable[tuple[str, str]], roots: tuple[str, ...], *wanted: str) -> bool:
    return any(name in wanted and root in roots for root, name in names)


ARRAYS = frozenset({"numpy", "eager", "variable", "symbolic", "keras", "ragged", "sparse", "dataframe"})
_KERAS = ("keras", "tf_keras")
_TF = ("tensorflow",)
_KINDS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("model", _KERAS, ("Model",)),
    ("layer", _KERAS, ("Layer",)),
    ("keras", _KERAS, ("KerasTensor",)),
    ("pydataset", _KERAS, ("PyDataset", "Sequence")),
    ("variable", _KERAS, ("Variable", "KerasVariable", "AutoCastVariable")),
    ("variable", _TF, ("Variable", "BaseResourceVariable", "DistributedVariable")),
    ("ragged", _TF, ("RaggedTensor",)),
    ("sparse", _TF, ("SparseTensor",)),
    ("sparse", ("scipy",), ("spmatrix", "sparray", "_spbase")),
    ("dataset", _TF, ("DatasetV2", "DistributedDataset", "DistributedDatasetInterface")),
    ("generator", _TF, ("IteratorBase", "OwnedIterator")),
    ("eager", _TF, ("EagerTensor", "_EagerTensorBase")),
    ("symbolic", _TF, ("SymbolicTensor", "Tensor")),
    ("dataframe", ("pandas",), ("DataFrame", "Series")),
    ("numpy", ("numpy",), ("ndarray", "generic")),
)


def kind_of(leaf: Any) -> str:
    """Return the kind of a leaf (see `Spec.kind`)."""
    if leaf is None or is_a(leaf, _TEXT):
        return "object"
    if is_a(leaf, (bool, *_NUMBERS)) and not _is_a(bases(leaf), ("numpy",), "generic"):
        return "python"
    if is_a(leaf, (list, tuple)):
        return "python" if _plain(leaf) and _holds_numbers(leaf) else "object"
    names = bases(leaf)
    for kind, roots, wanted in _KINDS:
        if _is_a(names, roots, *wanted):
            return "object" if kind == "numpy" and str(read(leaf, "dtype")) == "object" else kind
    if is_a(leaf, types.GeneratorType) or (hasattr(type(leaf), "__next__") and hasattr(type(leaf), "__iter__")):
        return "generator"
    return "other" if read(leaf, "shape") is not None and read(leaf, "dtype") is not None else "object"


def shape_of(obj: Any) -> Shape | None:
    """Return the static shape of an array or tensor as a tuple, None where its rank is unknown."""
    shape = read(obj, "shape")
    if shape is None or callable(shape):
        return None
    dims = read(shape, "dims") if hasattr(type(shape), "rank") else shape
    if not is_a(dims, (tuple, list)) or runs_own_code(dims, *_ITERATION):
        return None
    try:
        return tuple(None if size is None else _size(size) for size in dims)
    except (TypeError, ValueError):
        return None


def _size(size: Any) -> int | None:
    value = size if is_a(size, int) else read(size, "value", size)
    if value is None:
        return None
    if not is_a(value, int) and root_of(type(value)) not in {"numpy", *_TF}:
        raise TypeError
    return int(value) if type(value) is not int and not is_a(value, int) else int.__int__(value)


def dtype_of(obj: Any) -> str | None:
    """Return the name of the dtype of an array or tensor."""
    dtype = read(obj, "dtype")
    if dtype is None:
        return None
    name = read(dtype, "name")
    if is_a(name, str):
        return str.__str__(name)
    return None if runs_own_code(dtype, "__str__", "__repr__") else str(dtype)


def spec_of(leaf: Any) -> Spec:
    """Return the `Spec` of a leaf without converting it, copying it or reading its values."""
    kind = kind_of(leaf)
    if kind == "python" or (kind == "object" and is_a(leaf, (list, tuple)) and not runs_own_code(leaf, *_ITERATION)):
        return Spec(*_python_shape(leaf), kind)
    if kind in {"dataset", "generator", "pydataset", "layer", "model"}:
        return Spec(None, None, kind)
    if kind == "dataframe" and _is_a(bases(leaf), ("pandas",), "DataFrame"):
        kinds = {str(dtype) for dtype in read(read(leaf, "dtypes"), "values").tolist()}
        dtype = kinds.pop() if len(kinds) == 1 else ("object" if "object" in kinds else "float64")
        return Spec(shape_of(leaf), dtype, kind)
    return Spec(shape_of(leaf), dtype_of(leaf), kind)


def _plain(value: Any) -> bool:
    """Whether a value is a Python number or text, or a list of them all the way down."""
    if is_a(value, (list, tuple)):
        return not runs_own_code(value, *_ITERATION) and _holds_numbers(value, text=True)
    return is_a(value, (bool, *_NUMBERS, *_TEXT)) and not _is_a(bases(value), ("numpy",), "generic")


def _holds_numbers(value: list[Any] | tuple[Any, ...], *, text: bool = False, depth: int = 0) -> bool:
    if not value or depth > _DEEP:
        return False
    seen = value if len(value) <= _LOOK else [*value[: _LOOK // 2], *value[-_LOOK // 2 :]]
    for item in seen:
        if is_a(item, (list, tuple)):
            if not _holds_numbers(item, text=text, depth=depth + 1):
                return False
        elif not is_a(item, (bool, *_NUMBERS, *(_TEXT if text else ()))):
            return False
    return True


def _python_shape(value: Any, depth: int = 0) -> tuple[Shape | None, str | None]:
    """Return shape and dtype of the array that a number or a nested list would become."""
    if not is_a(value, (list, tuple)):
        return (), _python_dtype(value)
    if not value:
        return (0,), None
    if depth > _RANK or runs_own_code(value, *_ITERATION):
        return None, "object"
    inner: list[tuple[Shape | None, str | None]] = []
    for item in value if len(value) <= _LOOK else value[:_LOOK]:
        inner.append(_python_shape(item, depth + 1))
        if inner[-1][0] is None:
            return None, "object"
    shapes = [shape for shape, _ in inner]
    dtypes = {dtype for _, dtype in inner if dtype is not None}
    dtype = next(
        (name for name in ("object", "string", "complex128", "float64", "int64", "bool") if name in dtypes), None
    )
    if any(shape is None for shape in shapes) or len({len(shape or ()) for shape in shapes}) > 1:
        return None, "object"
    axes = zip(*(shape for shape in shapes if shape is not None), strict=True)
    return (len(value), *(sizes[0] if len(set(sizes)) == 1 else None for sizes in axes)), dtype


def _python_dtype(value: Any) -> str:
    if is_a(value, _TEXT):
        return "string"
    for cls, name in ((bool, "bool"), (int, "int64"), (float, "float64"), (complex, "complex128")):
        if is_a(value, cls):
            return name
    return dtype_of(value) or "object"


def is_container(value: Any) -> bool:
    """Whether a value holds several leaves: a dict, or a list or tuple that is not one array of numbers or texts.

    What can be iterated only by code of the user's is one leaf.
    """
    if not is_a(value, (Mapping, list, tuple)) or runs_own_code(value, *_ITERATION):
        return False
    if is_a(value, Mapping):
        return True
    return is_a(value, (list, tuple)) and not _plain(value)


def _children(value: Any) -> Iterator[tuple[Any, Any]]:
    if is_a(value, Mapping):
        yield from list(value.items())
    else:
        yield from enumerate(value)


def leaves(data: Any) -> list[tuple[Path, Any]]:
    """Flatten user data to (path, leaf); a path holds the indices and keys that lead to the leaf.

    A Python list of numbers (also nested) or of texts is one leaf, of which Keras would make one array; a list of
    arrays is a container.
    """
    found: list[tuple[Path, Any]] = []
    around: list[Any] = []  # the containers that the walk is in: one that holds itself is not entered again

    def walk(value: Any, path: Path) -> None:
        if len(path) >= _DEEP or not is_container(value) or any(value is one for one in around):
            found.append((path, value))
            return
        around.append(value)
        for key, item in _children(value):
            if len(found) >= MOST_LEAVES:
                break
            walk(item, (*path, key))
        around.pop()

    walk(data, ())
    return found


def map_leaves(data: Any, change: Callable[[Any], Any], around: tuple[int, ...] = ()) -> Any:
    """Return the same structure with ``change(leaf)`` in place of every leaf."""
    if is_endless(data, around) or not is_container(data):
        return change(data)
    inside = (*around, id(data))
    if is_a(data, Mapping):
        return {key: map_leaves(item, change, inside) for key, item in data.items()}
    items = [map_leaves(item, change, inside) for item in data]
    if is_a(data, tuple):
        return type(data)(*items) if hasattr(data, "_fields") else tuple(items)
    return items


def element_specs(data: Any) -> Any:
    """Return a tree of `Spec` for one batch: a dataset's ``element_spec``, or the arrays with an unknown batch axis.

    Returns None for what does not say what it yields (generators, PyDatasets).
    """
    spec = spec_of(data) if not is_container(data) else None
    if spec is not None and spec.kind == "dataset":
        declared = read(data, "element_spec")
        return None if declared is None else map_leaves(declared, _declared)
    if spec is not None and spec.kind in {"generator", "pydataset"}:
        return None

    def batch(leaf: Any) -> Spec:
        one = spec_of(leaf)
        return Spec((None, *one.shape[1:]) if one.shape else one.shape, one.dtype, one.kind)

    return map_leaves(data, batch)


def _declared(spec: Any) -> Spec:
    kinds = {"RaggedTensorSpec": "ragged", "SparseTensorSpec": "sparse", "DatasetSpec": "dataset"}
    return Spec(shape_of(spec), dtype_of(spec), kinds.get(type(spec).__name__, "symbolic"))


_FEEDING = (("epoch_iterator", ("_distributed_dataset",)), ("data_handler", ("_dataset",)))


def running_specs(event_frames: Iterable[types.FrameType]) -> Any:
    """Return the tree of `Spec` of what the running fit or evaluate draws from its generator or PyDataset, or None."""
    for frame in event_frames:
        if "trainer" not in frame.f_code.co_filename and "training" not in frame.f_code.co_filename:
            continue
        for name, attributes in _FEEDING:
            holder = frame.f_locals.get(name)
            for attribute in attributes:
                declared = read(read(holder, attribute), "element_spec")
                if declared is not None:
                    return map_leaves(declared, _declared)
    return None


_PEEKED = ("first_batches", "_first_batches", "batches", "peek")


def first_batches(event_frames: Iterable[types.FrameType]) -> list[Any]:
    """Return the batches that Keras' data adapter had already drawn from a generator when the call failed.

    Read from the locals of the adapter's own frames (and of the adapter held there as ``self``); the user's iterator is
    not touched.
    """
    for frame in event_frames:
        if "data_adapter" not in frame.f_code.co_filename:
            continue
        names = frame.f_locals
        owner = names.get("self")
        holders = [names, vars(owner)] if hasattr(owner, "__dict__") else [names]
        for holder in holders:
            for name in _PEEKED:
                value = holder.get(name)
                if value is not None:
                    return list(value) if is_a(value, list) and name != "peek" else [value]
    return []


def first_batch_specs(event_frames: Iterable[types.FrameType]) -> list[Any]:
    """Return trees of `Spec` of the batches that `first_batches` finds, an empty list without any."""
    return [map_leaves(batch, spec_of) for batch in first_batches(event_frames)]
