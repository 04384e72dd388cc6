"""The catalogue of changes to one array or tensor: what each does to a shape, to a value, and to the source.

Every proposal starts from two shapes, the one that is there and the one that is wanted, and from nothing else.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from kerasguard.vocabulary import Shape

MOST_PERMUTED_AXES = 5


class Demand(Protocol):
    """What a tensor has to be like."""

    @property
    def display(self) -> Shape | None:
        """The wanted shape, free sizes None."""

    def fits(self, shape: Shape | None) -> bool:
        """Return whether a tensor of this shape will do."""


@dataclass(frozen=True)
class Transformation:
    """A change of one value.

    Attributes
    ----------
    kind
        Its name in the catalogue: ``add_axis``, ``permute``, ...
    title
        What it does, as the start of a sentence about the value: "give `{}` a batch axis".
    patterns
        How it is written, by kind of value (``numpy``, ``tensor``, ``any``); ``{}`` is the value, ``np`` and ``tf``
        stand for the names under which the file imports them.
    trailing
        The same with axes counted from the end, valid for one sample as well as for a batch; None where there is none.
    cost
        Smaller changes first; lossy ones are dear.
    """

    kind: str
    title: str
    cost: float
    shape: Callable[[Shape], Shape | None]
    value: Callable[[Any], Any]
    patterns: dict[str, str]
    trailing: dict[str, str] | None = None
    lossy: bool = False
    axis: int | None = None


def proposals(given: Shape, demand: Demand) -> Iterator[Transformation]:
    """Yield the transformations that turn `given` into something that meets the demand, cheapest first."""
    found: list[Transformation] = []
    for change in _all(given, demand):
        shape = _safely(change, given)
        if shape is not None and demand.fits(shape):
            # Keras adds or drops a last axis of size 1 by itself: what fits without that is the better guess.
            exact = demand.display is None or len(shape) == len(demand.display)
            found.append(change if exact else replace(change, cost=change.cost + 1.5))
    return iter(sorted(found, key=lambda t: t.cost))


def _safely(transformation: Transformation, given: Shape) -> Shape | None:
    try:
        return transformation.shape(given)
    except (IndexError, ValueError):
        return None


def _all(given: Shape, demand: Demand) -> Iterator[Transformation]:
    yield from _added_axes(given, demand.display)
    yield from _dropped_axes(given)
    yield from _permuted(given)
    yield from _channels(given, demand.display)
    yield from _reshaped(given, demand.display)
    yield from _added_and_permuted(given, demand)


def _added_axes(given: Shape, wanted: Shape | None) -> Iterator[Transformation]:
    yield add_axis(0, given, cost=1.0 + _reluctance_to_batch(given, wanted))
    yield add_axis(len(given), given, cost=1.2)
    for axis in range(1, len(given)):
        yield add_axis(axis, given, cost=1.8)


def _reluctance_to_batch(given: Shape, wanted: Shape | None) -> float:
    """Return what speaks against a batch of one: the last size looks no channel, and a channel of one would do."""
    if wanted is None or len(wanted) != len(given) + 1 or not given:
        return 0.0
    return 0.0 if given[-1] is not None and (given[-1] <= 4 or wanted[-1] == given[-1]) else 0.5


def add_axis(axis: int, given: Shape, cost: float = 1.0) -> Transformation:
    """Insert an axis of size 1: the batch axis at the front, the channel axis at the end."""
    rank = len(given)
    if axis == 0:
        patterns = {"numpy": "{}[np.newaxis]", "tensor": "{}[tf.newaxis]", "any": "{}[None]"}
        title = "give {} the batch axis"
    elif axis == rank:
        patterns = {"numpy": "{}[..., np.newaxis]", "tensor": "{}[..., tf.newaxis]", "any": "{}[..., None]"}
        title = "give {} a channel axis" if rank >= 3 else "give {} a last axis of size 1"
    else:
        before = ":, " * axis
        patterns = {
            "numpy": f"{{}}[{before}np.newaxis]",
            "tensor": f"{{}}[{before}tf.newaxis]",
            "any": f"{{}}[{before}None]",
        }
        title = f"give {{}} an axis of size 1 at position {axis}"
    index = (slice(None),) * axis + (None,)
    return Transformation(
        "add_axis",
        title,
        cost,
        lambda shape: (*shape[:axis], 1, *shape[axis:]),
        lambda value: value[index],
        patterns,
        trailing=patterns if axis == rank else None,
        axis=axis,
    )


def _dropped_axes(given: Shape) -> Iterator[Transformation]:
    for axis, size in enumerate(given):
        if size == 1:
            index = (slice(None),) * axis + (0,)
            text = f"{{}}[{':, ' * axis}0]" if axis < len(given) - 1 or axis < 2 else "{}[..., 0]"
            yield Transformation(
                "drop_axis",
                f"drop axis {axis} (of size 1) of {{}}" if axis else "drop the extra batch axis of {}",
                1.1 if axis in (0, len(given) - 1) else 1.5,
                lambda shape, axis=axis: (*shape[:axis], *shape[axis + 1 :]),  # type: ignore[misc]
                lambda value, index=index: value[index],  # type: ignore[misc]
                {"any": text},
                trailing={"any": "{}[..., 0]"} if axis == len(given) - 1 else None,
                axis=axis,
            )
    if len(given) >= 3 and None not in given[:2]:
        merged = (given[0] or 0) * (given[1] or 0)
        rest = given[2:]
        sizes = ", ".join(str(size) for size in rest)
        yield Transformation(
            "merge_batches",
            "put the batches of {} one behind the other",
            2.0,
            lambda shape: (merged, *shape[2:]),
            lambda value: stand_in(value, (merged, *rest)),
            {"numpy": f"{{}}.reshape(-1, {sizes})", "tensor": f"tf.reshape({{}}, (-1, {sizes}))"},
        )


def _permuted(given: Shape) -> Iterator[Transformation]:
    rank = len(given)
    if not 2 <= rank <= MOST_PERMUTED_AXES:
        return
    for order in itertools.permutations(range(1, rank)):
        if order != tuple(range(1, rank)):
            yield permute((0, *order))
    if given[0] is not None:  # an axis of free size is the batch axis
        yield permute((1, 0, *range(2, rank)))


def permute(order: tuple[int, ...]) -> Transformation:
    """Put the axes in another order; the batch axis stays in front unless there are only two axes."""
    rank = len(order)
    first = rank >= 3 and order == (0, *range(2, rank), 1)
    text = ", ".join(map(str, order))
    negative = tuple(axis - rank for axis in order[1:])
    patterns = {"numpy": f"{{}}.transpose({text})", "tensor": f"tf.transpose({{}}, ({text}))"}
    trailing = None
    if order == (1, 0):
        patterns = {"numpy": "{}.T", "tensor": "tf.transpose({})"}
    elif first:
        trailing = {"numpy": f"np.moveaxis({{}}, {1 - rank}, -1)"}
    elif rank >= 3 and negative[-2:] == (-1, -2) and order[:-2] == tuple(range(rank - 2)):
        trailing = {"numpy": "np.swapaxes({}, -1, -2)"}
    return Transformation(
        "permute",
        "move the channels of {} to the end" if first and rank > 3 else "put the axes of {} in the other order",
        1.4 if first else (2.0 if order == (1, 0) else 3.0 if order[0] else 1.6),
        lambda shape: tuple(shape[axis] for axis in order),
        lambda value: _transposed(value, order),
        patterns,
        trailing,
    )


def _channels(given: Shape, wanted: Shape | None) -> Iterator[Transformation]:
    if wanted is None or not given or not wanted or wanted[-1] is None or given[-1] is None:
        return
    have, want = given[-1], wanted[-1]
    if have == want:
        return
    if have == 4 and want == 3:
        yield _last_axis(f"{{}}[..., :{want}]", "drop the alpha channel of {}", 1.5, want)
    elif have == 2 and want == 1:
        yield _last_axis("{}[..., :1]", "keep the first channel of {}", 2.2, 1, lossy=True)
    elif have == 3 and want == 1:
        mean = {
            "numpy": "{}.mean(axis=-1, keepdims=True)",
            "tensor": "tf.reduce_mean({}, axis=-1, keepdims=True)",
        }
        yield _last_axis("", "make {} grey: the mean over its channels", 2.0, 1, patterns=mean, lossy=True)
        yield _last_axis("{}[..., :1]", "keep the first channel of {}", 2.2, 1, lossy=True)
    elif have == 1 and want in (3, 4):
        repeat = {
            "numpy": f"np.repeat({{}}, {want}, axis=-1)",
            "tensor": f"tf.repeat({{}}, {want}, axis=-1)",
        }
        yield _last_axis("", f"repeat the one channel of {{}} {want} times", 1.7, want, patterns=repeat)
    elif have > want:
        yield _last_axis(
            f"{{}}[..., :{want}]", f"keep the first {want} entries of the last axis of {{}}", 3.5, want, lossy=True
        )


def _last_axis(
    text: str,
    title: str,
    cost: float,
    size: int,
    *,
    patterns: dict[str, str] | None = None,
    lossy: bool = False,
) -> Transformation:
    patterns = patterns or {"any": text}
    return Transformation(
        "channels",
        title,
        cost,
        lambda shape: (*shape[:-1], size),
        lambda value: stand_in(value, (*value.shape[:-1], size)),
        patterns,
        trailing=patterns,
        lossy=lossy,
        axis=-1,
    )


def _reshaped(given: Shape, wanted: Shape | None) -> Iterator[Transformation]:
    if wanted is None or None in given or None in wanted[1:] or len(given) < 1:
        return
    sizes = [size for size in wanted[1:] if size is not None]
    total, sample = math.prod(size or 0 for size in given), math.prod(sizes)
    if not sample or total % sample or not total:
        return
    rows = total // sample
    keeps_rows = rows == given[0]
    target = ", ".join(map(str, sizes))
    flatten = len(sizes) == 1 and keeps_rows
    patterns = {"numpy": f"{{}}.reshape(-1, {target})", "tensor": f"tf.reshape({{}}, (-1, {target}))"}
    yield Transformation(
        "reshape",
        "flatten each sample of {}" if flatten else "reshape {}",
        1.5 if keeps_rows else 3.2,
        lambda _shape: (rows, *sizes),
        lambda value: stand_in(value, (rows, *sizes)),
        patterns,
    )


def _added_and_permuted(given: Shape, demand: Demand) -> Iterator[Transformation]:
    """Yield a batch axis and channels last at once: one picture, channels first."""
    if demand.display is None or len(demand.display) != len(given) + 1 or len(given) not in (2, 3):
        return
    rank = len(given)
    order = (*range(1, rank), 0)
    text = ", ".join(map(str, order))
    yield Transformation(
        "permute",
        "move the channels of {} to the end and give it the batch axis",
        2.3,
        lambda shape: (1, *(shape[axis] for axis in order)),
        lambda value: _transposed(value, order)[None],
        {"numpy": f"{{}}.transpose({text})[np.newaxis]", "tensor": f"tf.transpose({{}}, ({text}))[tf.newaxis]"},
    )


def cast(dtype: str) -> Transformation:
    """Change the dtype."""
    return Transformation(
        "cast",
        f"cast {{}} to {dtype}",
        1.0,
        lambda shape: shape,
        lambda value: stand_in(value, tuple(value.shape), dtype),
        {"numpy": f'{{}}.astype("{dtype}")', "tensor": f'tf.cast({{}}, "{dtype}")'},
        trailing={"numpy": f'{{}}.astype("{dtype}")', "tensor": f'tf.cast({{}}, "{dtype}")'},
    )


def rows(count: int) -> Transformation:
    """Cut to the first `count` rows."""
    return Transformation(
        "rows",
        f"keep the first {count} rows of {{}}",
        3.0,
        lambda shape: (count, *shape[1:]),
        lambda value: value[:count],
        {"any": f"{{}}[:{count}]"},
        lossy=True,
    )


def stand_in(value: Any, shape: tuple[int | None, ...], dtype: str | None = None) -> Any:
    """Return an array of zeros with the given shape that takes no memory: for trials that read no values."""
    import numpy as np

    name = dtype or getattr(value.dtype, "name", None) or str(value.dtype)
    try:
        kind = np.dtype(name)
    except TypeError:
        kind = np.dtype("float32")  # bfloat16 and other dtypes that only TensorFlow knows
    return np.broadcast_to(np.zeros((), kind), tuple(size or 1 for size in shape))


def _transposed(value: Any, order: tuple[int, ...]) -> Any:
    if hasattr(value, "transpose"):
        return value.transpose(*order)
    return stand_in(value, tuple(value.shape[axis] for axis in order))
