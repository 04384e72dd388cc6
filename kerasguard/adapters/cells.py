"""What stands in an object array that cannot become a tensor: kinds and positions of the odd ones, never values."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from kerasguard.provenance.access import DEEP, is_a, runs_own_code, some

MOST = 200_000  # so many cells are looked at


@dataclass(frozen=True)
class Cells:
    """The cells of an object array.

    Attributes
    ----------
    kinds
        How many cells there are of each kind: ``number``, ``text``, ``None``, ``array``, ``list``, or a type's name.
    odd
        Index of the first cell of the rarest kind, or of the first with another shape.
    columns
        For a table, the columns that hold anything but numbers.
    shapes
        The different shapes of the cells that are arrays or lists.
    """

    kinds: dict[str, int]
    odd: tuple[int, ...] | None = None
    columns: tuple[int, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()

    @property
    def numbers_only(self) -> bool:
        """Whether every cell is a number."""
        return set(self.kinds) == {"number"}

    @property
    def ragged(self) -> bool:
        """Whether the cells are sequences of unequal shapes."""
        return set(self.kinds) <= {"array", "list"} and len(self.shapes) > 1

    @property
    def stackable(self) -> bool:
        """Whether the cells are arrays of one shape."""
        return set(self.kinds) <= {"array", "list"} and len(self.shapes) == 1

    @property
    def missing(self) -> bool:
        """Whether some cells are None among others that are not."""
        return "None" in self.kinds


def cells_of(value: Any) -> Cells | None:
    """Look at the cells of an object array, a text array or a list; None where there are none or too many."""
    numpy = sys.modules.get("numpy")
    array = getattr(value, "values", value) if type(value).__module__.startswith("pandas") else value
    if numpy is None:
        return None
    shape: tuple[int, ...]
    if runs_own_code(array, "__iter__", "__len__"):
        return None
    if is_a(array, list | tuple):
        flat, shape = list(array), (len(array),)
    elif isinstance(array, numpy.ndarray) and array.dtype.kind in "OUS":
        flat, shape = list(array.flat) if array.size <= MOST else [], array.shape
    else:
        return None
    if not flat or len(flat) > MOST:
        return None
    kinds = [kind(item) for item in flat]
    counts = dict(Counter(kinds))
    shapes = [_shape(item) for item in flat if kind(item) in {"array", "list"}]
    rare = min(counts, key=lambda name: counts[name])
    index = kinds.index(rare) if len(counts) > 1 else _other(shapes)
    odd = None if index is None else tuple(int(part) for part in numpy.unravel_index(index, shape))
    columns: tuple[int, ...] = ()
    if len(shape) == 2:
        columns = tuple(sorted({i % shape[1] for i, name in enumerate(kinds) if name != "number"}))
    return Cells(counts, odd, columns, tuple(dict.fromkeys(shapes)))


def kind(item: Any) -> str:
    """Return the kind of one cell."""
    numpy = sys.modules["numpy"]
    if item is None:
        return "None"
    if isinstance(item, str | bytes):
        return "text"
    if isinstance(item, bool | int | float | numpy.number | numpy.bool_):
        return "number"
    if isinstance(item, numpy.ndarray) or (hasattr(item, "shape") and hasattr(item, "dtype")):
        return "array"
    if isinstance(item, list | tuple):
        return "list"
    return type(item).__name__


def _shape(item: Any, depth: int = 0) -> tuple[int, ...]:
    if isinstance(item, list | tuple):
        parts = some(item) if depth < DEEP else []
        inner = {_shape(part, depth + 1) for part in parts if isinstance(part, list | tuple) and part is not item}
        return (len(item), *(next(iter(inner)) if len(inner) == 1 else ()))
    return tuple(int(size) for size in item.shape)


def _other(shapes: list[tuple[int, ...]]) -> int | None:
    """Return the first item whose shape is not the usual one."""
    if len(set(shapes)) < 2:
        return None
    usual = Counter(shapes).most_common(1)[0][0]
    return next(index for index, shape in enumerate(shapes) if shape != usual)
