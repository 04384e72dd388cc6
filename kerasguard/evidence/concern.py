"""Whether an error is any of kerasguard's business: a typo, an interrupt, a user's own exception is not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any

from kerasguard.adapters import specs, wants
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a, is_endless
from kerasguard.provenance.user_files import is_user_file

FOREIGN = (NameError, ImportError, SyntaxError, RecursionError, MemoryError, OSError, StopIteration, AssertionError)
TENSORS = frozenset({"eager", "variable", "symbolic", "keras", "ragged", "sparse", "dataset", "layer", "model"})
LIBRARIES = frozenset({"keras", "tf_keras", "tensorflow"})
MOST_NODES = 200


def is_ours(evidence: Evidence) -> bool:
    """Return whether the error concerns tensors, layers, models or data on their way into them."""
    error = evidence.event.error
    if isinstance(error, FOREIGN) and not _is_library_class(type(error)):
        return False
    if _defined_by_user(type(error)) or _raised_by_user(evidence):
        return False
    if any(_root(frame) in LIBRARIES for frame in evidence.library):
        return True
    if evidence.event.entry != "none" and isinstance(
        error, ValueError | TypeError | AttributeError | IndexError | KeyError
    ):
        return (evidence.site is not None and len(evidence.frames) - 1 != evidence.site) or bool(evidence.library)
    return any(_concerns_tensors(value) for value in _values_of_failing_line(evidence))


def _root(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_library_class(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in LIBRARIES


def _defined_by_user(cls: type) -> bool:
    import sys

    module = sys.modules.get(cls.__module__)
    filename = getattr(module, "__file__", None)
    if cls.__module__ == "__main__":
        return True
    return filename is not None and is_user_file(filename)


def _raised_by_user(evidence: Evidence) -> bool:
    """Return whether the innermost frame is the user's and stands at a ``raise`` of their own."""
    if evidence.library or not evidence.frames:
        return False
    frame = evidence.frames[-1]
    if frame.source is None:
        return False
    return isinstance(frame.source.at_line(frame.lineno), ast.Raise)


def _values_of_failing_line(evidence: Evidence) -> Iterator[Any]:
    """Yield what the names in the user's failing statement are bound to."""
    if not evidence.frames:
        return
    frame = evidence.frames[-1]
    statement = frame.source.at_line(frame.lineno) if frame.source is not None else None
    if statement is None or isinstance(getattr(statement, "body", None), list):
        statement = frame.node  # type: ignore[assignment]  # a part of a compound statement
    if statement is None:
        return
    for count, node in enumerate(ast.walk(statement)):
        if count > MOST_NODES:
            return
        if isinstance(node, ast.Name):
            value = frame.locals.get(node.id, frame.globals.get(node.id))
            yield value


def _concerns_tensors(value: Any, around: tuple[int, ...] = ()) -> bool:
    if is_a(value, ModuleType):
        return value.__name__.partition(".")[0] in LIBRARIES - {"tensorflow"}
    if is_a(value, type):
        return wants.is_keras(value)
    if is_a(value, list | tuple) and len(value) <= 16:
        return not is_endless(value, around) and any(_concerns_tensors(item, (*around, id(value))) for item in value)
    return specs.kind_of(value) in TENSORS
