"""An expression that carries a wrong property, and the properties that shapes can have."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kerasguard.provenance.scope import Scope
from kerasguard.provenance.values import Ghost, shape_of
from kerasguard.vocabulary import Shape


@dataclass(frozen=True)
class Suspect:
    """An expression of the user's that carries a wrong property, and how to tell that property.

    ``has`` gets a live object or what is known of one that is gone; None means that it cannot tell. ``right`` tells in
    the same way what a value has to be like: only what made something wrong of something right is to blame.
    """

    node: ast.expr
    scope: Scope
    has: Callable[[Any], bool | None] | None = None
    name: str = ""
    right: Callable[[Any], bool | None] | None = None
    path: tuple[Any, ...] = ()  # the part of the expression's value that is meant


def _untold(value: Any) -> bool | None:
    """Return False for what is no array at all (a file name, bytes); None for an array of which too little is known."""
    return None if shape_of(value) is not None or isinstance(value, Ghost) else False


def of_rank(rank: int) -> Callable[[Any], bool | None]:
    """Return the property of having this rank."""

    def has(value: Any) -> bool | None:
        sizes = shape_of(value)
        return _untold(value) if sizes is None else len(sizes) == rank

    return has


def of_last_size(size: int | None) -> Callable[[Any], bool | None]:
    """Return the property of having this size on the last axis."""

    def has(value: Any) -> bool | None:
        sizes = shape_of(value)
        return _untold(value) if not sizes or sizes[-1] is None else sizes[-1] == size

    return has


def of_sample(sample: Shape) -> Callable[[Any], bool | None]:
    """Return the property of having samples of this shape, whatever the leading axis."""

    def has(value: Any) -> bool | None:
        sizes = shape_of(value)
        if sizes is None:
            return _untold(value)
        return len(sizes) >= len(sample) and tuple(sizes[len(sizes) - len(sample) :]) == sample

    return has


def of_length(length: int | None) -> Callable[[Any], bool | None]:
    """Return the property of having so many rows."""

    def has(value: Any) -> bool | None:
        sizes = shape_of(value)
        return _untold(value) if not sizes or sizes[0] is None else sizes[0] == length

    return has
