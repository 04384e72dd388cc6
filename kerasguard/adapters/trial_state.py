"""Everything a trial could leave behind, remembered before it and put back after it."""

from __future__ import annotations

import functools
import random
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable, MutableMapping
from typing import Any

_LONG = 20_000  # containers longer than this are the user's data, no layer's book-keeping
_OPEN = (  # (module prefix, class name) of objects whose attributes are book-keeping of a layer, model or optimizer
    ("keras.src.utils.tracking", "Tracker"),
    ("keras.src.random", "SeedGenerator"),
    ("tf_keras.src.backend", "RandomGenerator"),
    ("tf_keras.src.engine.compile_utils", ""),
    ("tf_keras.src.losses", ""),
    ("tf_keras.src.metrics", ""),
    ("tf_keras.src.optimizers", ""),
    ("tf_keras.src.mixed_precision", ""),
    ("keras.src.losses", ""),
    ("keras.src.metrics", ""),
    ("keras.src.optimizers", ""),
    ("keras.src.trainers.compile_utils", ""),
    ("keras.src.initializers", ""),
    ("tf_keras.src.initializers", ""),
    ("tensorflow.python.util.object_identity", ""),
    ("tensorflow.python.trackable.data_structures", ""),
)
_WRAPPERS = ("_DictWrapper", "_TupleWrapper")
_ROOTED = ("Layer", "Metric", "Loss", "Optimizer", "Operation", "BaseOptimizer")  # user classes derived from these


class Snapshot:
    """The state of objects (attributes, and the content of containers they hold) and of the process' generators.

    Parameters
    ----------
    roots
        Layers, models, metrics, optimizers, tensors: objects whose attributes a trial may touch.
    tables
        Mutable mappings of a Keras package (name counters, thread-local state) to put back entry by entry.
    """

    def __init__(self, roots: Iterable[Any], tables: Iterable[MutableMapping[Any, Any]] = ()) -> None:
        self._attributes: dict[int, tuple[dict[str, Any], dict[str, Any], Any]] = {}
        self._containers: dict[int, tuple[Any, Any]] = {}
        self._tables = [(table, dict(table)) for table in tables]
        for table, _ in self._tables:
            self._walk(list(table.values()))
        self._walk(list(roots), rooted=True)
        self._random = _generators()

    def _walk(self, pending: list[Any], *, rooted: bool = False) -> None:
        first = {id(item) for item in pending} if rooted else set()
        while pending:
            item = pending.pop()
            if type(item).__name__ in _WRAPPERS:  # a proxy: what it wraps is the container
                pending.append(item.__wrapped__)
                continue
            if id(item) in self._attributes or id(item) in self._containers:
                continue
            content = _content(item)
            if content is not None:
                self._containers[id(item)] = (item, content)
                values = content.values() if isinstance(content, dict) else content
                pending.extend(value for value in values if _walkable(value))
            if id(item) in first or _open(item):
                held = _held(item)
                if held is not None:
                    self._attributes[id(item)] = (held, dict(held), item)
                    pending.extend(value for value in held.values() if _walkable(value))

    def restore(self) -> None:
        """Put back attributes, contents, tables and generators."""
        for held, saved, _ in self._attributes.values():
            if _changed_dict(held, saved):
                held.clear()
                held.update(saved)
        for item, saved in self._containers.values():
            if _changed_content(item, saved):
                _refill(item, saved)
        for table, entries in self._tables:
            if _changed_dict(table, entries):
                for key in [key for key in table if key not in entries]:
                    del table[key]
                table.update(entries)
        _set_generators(self._random)

    def differences(self) -> list[str]:
        """Return what is not as it was, in words for a log; an empty list after a clean trial."""
        found = []
        for held, saved, item in self._attributes.values():
            if _changed_dict(held, saved):
                names = [k for k in {**held, **saved} if held.get(k, held) is not saved.get(k, saved)]
                found.append(f"{type(item).__name__}: {', '.join(sorted(map(str, names))) or 'order'}")
        for item, saved in self._containers.values():
            if _changed_content(item, saved):
                found.append(f"content of a {type(item).__name__}")
        for table, entries in self._tables:
            if _changed_dict(table, entries):
                found.append("a table of the package")
        found += [name for name, state in _generators().items() if not _same_state(state, self._random.get(name))]
        return found


_CONTAINERS = (list, dict, set, deque, tuple)


def _walkable(value: Any) -> bool:
    return issubclass(type(value), _CONTAINERS) or type(value).__name__ in _WRAPPERS or _open(value)


def _open(item: Any) -> bool:
    return _open_type(type(item))  # type: ignore[arg-type] # mypy does not see that classes are hashable


@functools.cache
def _open_type(kind: Hashable) -> bool:
    if not isinstance(kind, type) or kind.__module__ == "builtins":
        return False
    if issubclass(kind, threading.local):
        return True
    for cls in kind.__mro__:
        module = cls.__module__
        if any(module.startswith(prefix) and cls.__name__.startswith(name) for prefix, name in _OPEN):
            return True
        if cls.__name__ in _ROOTED and module.partition(".")[0] in {"keras", "tf_keras"}:
            return True
    return False


def _held(item: Any) -> dict[str, Any] | None:
    try:
        held = object.__getattribute__(item, "__dict__")
    except AttributeError:
        return None
    return held if isinstance(held, dict) else None


def _content(item: Any) -> Any:
    """Return a copy of the content of a container, None for anything else and for the user's bulk data."""
    kind = type(item)  # not isinstance: proxies lie about their class
    if issubclass(kind, (list, tuple, set, deque)):
        if len(item) > _LONG:
            return None
        return list(list.__iter__(item)) if issubclass(kind, list) else list(item)
    if issubclass(kind, dict):
        return dict(dict.items(item)) if len(item) <= _LONG else None
    return None


def _changed_content(item: Any, saved: Any) -> bool:
    if isinstance(item, tuple):
        return False
    if isinstance(item, dict):
        return _changed_dict(item, saved)
    now = list(list.__iter__(item)) if isinstance(item, list) else list(item)
    if len(now) != len(saved):
        return True
    if isinstance(item, set):
        return any(a not in item for a in saved)
    return any(a is not b for a, b in zip(now, saved, strict=True))


def _refill(item: Any, saved: Any) -> None:
    """Replace the content of a container below any tracking that its class does."""
    if isinstance(item, list):
        list.__setitem__(item, slice(None), saved)
    elif isinstance(item, OrderedDict):
        OrderedDict.clear(item)
        for key, value in saved.items():
            OrderedDict.__setitem__(item, key, value)
    elif isinstance(item, dict):
        dict.clear(item)
        dict.update(item, saved)
    elif isinstance(item, set):
        set.clear(item)
        set.update(item, saved)
    elif isinstance(item, deque):
        deque.clear(item)
        deque.extend(item, saved)


_GONE = object()


def _changed_dict(held: Any, saved: dict[Any, Any]) -> bool:
    if len(held) != len(saved):
        return True
    entries = dict.items(held) if isinstance(held, dict) else held.items()
    return any(saved.get(key, _GONE) is not value for key, value in entries)


def _generators() -> dict[str, Any]:
    """Return the states of the random generators of Python, numpy and TensorFlow's eager context."""
    states: dict[str, Any] = {"random": random.getstate()}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        states["numpy.random"] = numpy.random.get_state()
    context = _tensorflow_context()
    rng = getattr(context, "_rng", None)
    if rng is not None:
        states["tensorflow"] = rng.getstate()
    tf_keras = sys.modules.get("tf_keras.src.backend")
    seeds = getattr(getattr(tf_keras, "_SEED_GENERATOR", None), "generator", None)
    if seeds is not None:
        states["tf_keras"] = seeds.getstate()
    return states


def _set_generators(states: dict[str, Any]) -> None:
    random.setstate(states["random"])
    if "numpy.random" in states:
        sys.modules["numpy"].random.set_state(states["numpy.random"])
    if "tensorflow" in states:
        _tensorflow_context()._rng.setstate(states["tensorflow"])
    if "tf_keras" in states:
        sys.modules["tf_keras.src.backend"]._SEED_GENERATOR.generator.setstate(states["tf_keras"])


def _tensorflow_context() -> Any:
    module = sys.modules.get("tensorflow.python.eager.context")
    return None if module is None else module.context()


def _same_state(now: Any, before: Any) -> bool:
    if isinstance(now, tuple) and isinstance(before, tuple) and len(now) == len(before):
        return all(_same_state(a, b) for a, b in zip(now, before, strict=True))
    equal = now == before
    return bool(equal.all()) if hasattr(equal, "all") else bool(equal)
