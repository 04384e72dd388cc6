"""The one way to look at an object of the user's: none of its own code runs, whatever it defines."""

from __future__ import annotations

import functools
import types
from itertools import islice
from typing import Any

from kerasguard.provenance.user_files import is_user_file

_PROXIES = ("tensorflow", "keras", "tf_keras")  # their wrappers of lists and dicts pass for what they wrap
_BUILT_IN = (  # descriptors that are written in C, or do nothing but bind
    types.MemberDescriptorType,
    types.GetSetDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.BuiltinFunctionType,
    types.FunctionType,
    staticmethod,
    classmethod,
    type,
)
_HARMLESS = frozenset(
    {"__init__", "__new__", "__post_init__", "__init_subclass__", "__call__", "__enter__", "__exit__"}
)
_PLAIN = frozenset({list, tuple, dict, int, float, str, bool})  # asked of every item of a large container
_MISSING = object()
LOOK = 64  # so many items of a long container are looked at, half of them at either end
DEEP = 32  # lists in lists beyond this are no data; one that holds itself has no end


def root_of(cls: type) -> str:
    """Return the top-level package that a class says it comes from."""
    module = type.__getattribute__(cls, "__module__")
    return module.partition(".")[0] if type(module) is str else ""


def is_a(obj: object, kinds: Any) -> bool:
    """Return what ``isinstance`` says, without asking the object: a class of the user's may lie, fail or wait."""
    cls = type(obj)
    if issubclass(cls, kinds):
        return True
    return root_of(cls) in _PROXIES and _is_proxy(cls) and isinstance(obj, kinds)


def _is_proxy(cls: type) -> bool:
    return any(root_of(base) == "wrapt" for base in cls.__mro__)


def read(obj: Any, name: str, default: Any = None) -> Any:
    """Return an attribute of an object, or `default` where only code of the user's could tell it.

    What a class of the user's defines in the place of a library's property is passed over: of an array's subclass
    the shape is the array's. Nothing that reading raises comes out.
    """
    cls = type(obj)
    try:
        if not _own_lookup(cls) and not _computed(cls, name):
            return getattr(obj, name, default)
        return _stored(obj, cls, name, default)
    except Exception:  # noqa: BLE001 - a library's property may fail on an object in a half-made state
        return default


def runs_own_code(obj: Any, *names: str) -> bool:
    """Return whether any of these methods or attributes of an object is code of the user's."""
    cls = type(obj)
    if cls in _PLAIN:
        return False
    return _own_lookup(cls) or any(_is_own(found) for name in names for found in [_in_class(cls, name)])


def is_inert(obj: Any) -> bool:
    """Return whether libraries may handle an object: no code of the user's would run, no iterator would be drawn from."""
    cls = type(obj)
    if hasattr(cls, "__next__"):
        return False
    names = {name for base in cls.__mro__ for name in base.__dict__ if name[:2] == name[-2:] == "__"}
    return not any(_is_own(_in_class(cls, name)) for name in names - _HARMLESS)


def some(container: Any) -> list[Any]:
    """Return the items of a list, tuple or dict (its values), of a long one the first and the last."""
    if runs_own_code(container, "__iter__", "__len__", "__getitem__", "values"):
        return []
    if is_a(container, dict):
        return list(islice(container.values(), LOOK))
    return list(container) if len(container) <= LOOK else [*container[: LOOK // 2], *container[-LOOK // 2 :]]


def is_endless(container: Any, around: tuple[int, ...]) -> bool:
    """Return whether a walk must not enter a container: it is in it already, or too deep; `around` holds their ids."""
    return len(around) >= DEEP or id(container) in around


def _own_lookup(cls: type) -> bool:
    """Return whether looking any attribute up runs code of the user's."""
    return any(_is_own(_in_class(cls, name)) for name in ("__getattribute__", "__getattr__"))


def _computed(cls: type, name: str) -> bool:
    """Return whether the class defines an attribute by something that runs code of the user's when it is read."""
    found = _in_class(cls, name)
    return not isinstance(found, _BUILT_IN) and found is not _MISSING and _is_own(found)


def _in_class(cls: type, name: str) -> Any:
    for base in cls.__mro__:
        found = base.__dict__.get(name, _MISSING)
        if found is not _MISSING:
            return found
    return _MISSING


def _stored(obj: Any, cls: type, name: str, default: Any) -> Any:
    """Return what a library's descriptor or the object's own dict holds."""
    for base in cls.__mro__:
        found = base.__dict__.get(name, _MISSING)
        if found is _MISSING or _is_own(found):
            continue
        if hasattr(type(found), "__set__") or hasattr(type(found), "__delete__"):
            return found.__get__(obj, cls)
        break
    try:
        fields = object.__getattribute__(obj, "__dict__")
    except AttributeError:
        fields = {}
    if type(fields) is dict and name in fields:
        return fields[name]
    for base in cls.__mro__:
        found = base.__dict__.get(name, _MISSING)
        if found is not _MISSING and not _is_own(found):
            return found.__get__(obj, cls) if hasattr(type(found), "__get__") else found
    return default


def _is_own(found: Any) -> bool:
    """Return whether a member of a class is, or is computed by, a function of the user's."""
    if found is _MISSING:
        return False
    if isinstance(found, property):
        found = found.fget
    elif isinstance(found, functools.cached_property):
        found = found.func
    elif isinstance(found, staticmethod | classmethod):
        found = found.__func__
    if isinstance(found, types.FunctionType):
        return is_user_file(found.__code__.co_filename)
    if isinstance(found, _BUILT_IN) or found is None:
        return False
    getter = _in_class(type(found), "__get__")
    return _is_own(getter) if getter is not found else False
