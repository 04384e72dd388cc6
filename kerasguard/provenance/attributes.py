"""Attributes and elements of live and abstract values, read without running any code of the user's."""

from __future__ import annotations

import functools
import operator
import sys
from types import FunctionType, MethodType, ModuleType
from typing import Any

from kerasguard.provenance.abstract import (
    SOME_SLICE,
    Bound,
    Budget,
    Instance,
    Method,
)
from kerasguard.provenance.library import numpy_call
from kerasguard.provenance.user_files import is_user_file
from kerasguard.provenance.values import (
    UNKNOWN,
    Ghost,
    element,
    ghost_of,
    is_array,
    is_tensor,
    merge,
)

MOST_SELECTED = 1_000_000


def attribute(base: Any, name: str, budget: Budget) -> Any:
    """Return an attribute without running any code of the user's."""
    if base is UNKNOWN:
        return UNKNOWN
    if isinstance(base, Instance):
        return base.fields[name] if name in base.fields else _class_attribute(base.cls, name, base, budget)
    if isinstance(base, Ghost) or is_array(base) or is_tensor(base) or type(base).__module__.startswith("pandas"):
        return _array_attribute(base, name)
    if isinstance(base, ModuleType):
        return _module_attribute(base, name)
    if isinstance(base, type):
        if is_user_class(base):
            return _class_attribute(base, name, None, budget)
        return getattr(base, name, UNKNOWN)
    try:
        fields = object.__getattribute__(base, "__dict__")
    except AttributeError:
        fields = {}
    if isinstance(fields, dict) and name in fields:
        return fields[name]
    return _class_attribute(type(base), name, base, budget)


def is_user_class(cls: type) -> bool:
    """Tell whether a class was defined by the user."""
    for member in vars(cls).values():
        # The module's name may be taken by another one by now (`__main__` under runpy), the code's file is not.
        if isinstance(member, FunctionType) and member.__qualname__.startswith(cls.__qualname__ + "."):
            return is_user_file(member.__code__.co_filename)
    filename = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return isinstance(filename, str) and is_user_file(filename)


def _module_attribute(module: ModuleType, name: str) -> Any:
    if name in vars(module):
        return vars(module)[name]
    filename = vars(module).get("__file__")
    if isinstance(filename, str) and is_user_file(filename):
        return UNKNOWN
    return getattr(module, name, UNKNOWN)  # libraries load their parts lazily


def _class_attribute(cls: type, name: str, bound: Any, budget: Budget) -> Any:
    for base in cls.__mro__:
        found = base.__dict__.get(name, UNKNOWN)
        if found is UNKNOWN:
            continue
        if isinstance(found, staticmethod):
            return found.__func__
        if isinstance(found, classmethod):
            return MethodType(found.__func__, cls)
        if isinstance(found, FunctionType):
            if bound is None:
                return found
            return Bound(found, bound) if is_user_file(found.__code__.co_filename) else Method(bound, name)
        if isinstance(found, property | functools.cached_property):
            getter = found.fget if isinstance(found, property) else found.func
            if isinstance(getter, FunctionType) and is_user_file(getter.__code__.co_filename) and bound is not None:
                from kerasguard.provenance.calls import call

                return call(Bound(getter, bound), (), {}, budget)
            return UNKNOWN
        if hasattr(type(found), "__get__"):
            return getattr(bound, name, UNKNOWN) if bound is not None and not is_user_class(base) else UNKNOWN
        return found
    return UNKNOWN


def _array_attribute(base: Any, name: str) -> Any:
    ghost = ghost_of(base)
    if ghost is None:
        return UNKNOWN
    if name == "shape":
        return ghost.shape if ghost.shape is not None else UNKNOWN
    if name == "dtype":
        return getattr(base, "dtype", UNKNOWN) if not isinstance(base, Ghost) else (ghost.dtype or UNKNOWN)
    if name == "element_spec":
        return ghost.spec
    if ghost.shape is not None and name == "ndim":
        return len(ghost.shape)
    if ghost.shape is not None and name == "size" and None not in ghost.shape:
        return functools.reduce(operator.mul, (n for n in ghost.shape if n is not None), 1)
    if name == "T" and ghost.shape is not None:
        return Ghost(ghost.shape[::-1], ghost.dtype, ghost.kind)
    if name in ("values", "real", "imag"):
        return Ghost(ghost.shape, ghost.dtype, "numpy")
    return Method(base, name)


def subscript(base: Any, index: Any) -> Any:
    """Return `base[index]` for builtin containers and array-likes."""
    if base is UNKNOWN:
        return UNKNOWN
    if isinstance(base, Ghost) and base.kind == "dataset":
        return UNKNOWN
    if type(base) in (list, tuple, str, range):
        if index is SOME_SLICE:
            return (
                Ghost((None, *inner.shape[1:]), inner.dtype, "list")
                if (inner := ghost_of(base)) and inner.shape
                else UNKNOWN
            )
        if index is UNKNOWN or isinstance(index, Ghost):
            return element(base, "*") if type(base) is not str else UNKNOWN
        return base[index]
    if type(base) is dict or (isinstance(base, dict) and not is_user_class(type(base))):
        return dict.get(base, index, UNKNOWN) if index is not UNKNOWN else UNKNOWN
    ghost = ghost_of(base)
    if ghost is None or (not isinstance(base, Ghost) and not is_array(base) and not is_tensor(base)):
        return UNKNOWN
    return _indexed(base, ghost, index)


def _selected(base: Any, parts: tuple[Any, ...]) -> Ghost | None:
    """Return shape and dtype of what live masks and index arrays take of a live array; None where it is not that."""
    arrays = [part for part in parts if is_array(part) and part.shape]
    plain = (int, slice, type(None), type(Ellipsis))
    if not arrays or not is_array(base) or any(not isinstance(part, plain) and not is_array(part) for part in parts):
        return None
    if any(array.size > MOST_SELECTED for array in arrays):
        return None
    numpy = sys.modules["numpy"]
    stand_in = numpy.broadcast_to(numpy.zeros((), "int8"), base.shape)
    if len(parts) == 1:  # whole rows: one element of each is enough
        axes = arrays[0].ndim if arrays[0].dtype == bool else 1
        taken = stand_in[(..., *(0,) * (base.ndim - axes))][parts[0]]
        return Ghost((*taken.shape, *base.shape[axes:]), str(base.dtype))
    count = sum(int(array.sum()) if array.dtype == bool else array.size for array in arrays)
    if count * base.size // max(1, base.shape[0]) > MOST_SELECTED:
        return None
    return Ghost(tuple(stand_in[parts].shape), str(base.dtype))


def _indexed(base: Any, ghost: Ghost, index: Any) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    exact = _selected(base, parts)
    if exact is not None:
        return exact
    if any(part is SOME_SLICE for part in parts):
        # The length is not known: what differs between one row and two is not known either.
        tried = [tuple(slice(0, n) if part is SOME_SLICE else part for part in parts) for n in (1, 2)]
        return merge(*(_indexed(base, ghost, parts) for parts in tried))
    if any(
        part is UNKNOWN or (isinstance(part, Ghost) and part.shape != ()) or (is_array(part) and part.shape)
        for part in parts
    ):
        mask = len(parts) == 1 and (g := ghost_of(parts[0])) is not None and g.dtype == "bool"
        if mask and g is not None and g.shape is not None and ghost.shape is not None:
            return Ghost((None, *ghost.shape[len(g.shape) :]), ghost.dtype, ghost.kind)
        if any(part is UNKNOWN for part in parts):
            return UNKNOWN
    result = numpy_call(operator.getitem, "getitem", (base if is_array(base) else ghost, index), {})
    if isinstance(result, Ghost) and ghost.kind not in ("numpy", "list"):
        return Ghost(result.shape, ghost.dtype, ghost.kind)
    return result
