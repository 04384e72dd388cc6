"""The functions inside the stages of a dataset, as graphs: which operation failed while elements were computed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, NamedTuple

from kerasguard.adapters.specs import kind_of, read, shape_of
from kerasguard.errors import LONGEST, text_of

_NODE = re.compile(r"\{\{node ([\w/.\-]+)\}\}")  # the graph that ran is gone: only the message names the operation
_ITERATORS = "tensorflow.python.data.ops.iterator_ops"
_MOST_STAGES = 64
IN_PYTHON = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})


class FailedOp(NamedTuple):
    """An operation in the function of a stage: its type, the shapes it was traced on, and the lines that made it."""

    stage: Any
    kind: str
    shapes: tuple[Any, ...]
    lines: tuple[tuple[str, int], ...]  # outermost first


def inputs_of(stage: Any) -> list[Any]:
    """Return the datasets that a stage was made from."""
    inputs = read(stage, "_inputs")
    try:
        return list(inputs()) if callable(inputs) else []
    except (TypeError, AttributeError):
        return []


def all_stages(dataset: Any) -> Iterator[Any]:
    """Yield the stages of a dataset and of all that it was made from, the last one first."""
    waiting, seen = [dataset], 0
    while waiting and seen < _MOST_STAGES:
        stage = waiting.pop(0)
        seen += 1
        yield stage
        waiting += inputs_of(stage)


def function_of(stage: Any) -> Any:
    """Return the user's function of a stage, None for one that has none."""
    for name in ("_map_func", "_predicate"):
        found = read(read(stage, name), "_func")
        if found is not None:
            return getattr(found, "__wrapped__", found)
    return None


def iterated(frames: Iterable[FrameType]) -> Any:
    """Return the dataset whose iterator is in use in one of the frames, the innermost."""
    found = None
    for frame in frames:
        if frame.f_globals.get("__name__") == _ITERATORS:
            dataset = read(frame.f_locals.get("self"), "_dataset")
            found = dataset if kind_of(dataset) == "dataset" else found
    return found


def failed_op(dataset: Any, error: BaseException) -> FailedOp | None:
    """Return the operation of a stage's function that the error names; None where several are called so."""
    named = _NODE.findall(text_of(error)[:LONGEST])
    found = [(stage, one) for stage, one in _operations(dataset) if one.name in named]
    return _seen(*found[0]) if len(found) == 1 else None


def python_ops(dataset: Any) -> Iterator[FailedOp]:
    """Yield the operations in a pipeline that call back into Python."""
    for stage, operation in _operations(dataset):
        if operation.type in IN_PYTHON:
            yield _seen(stage, operation)


def _operations(dataset: Any) -> Iterator[tuple[Any, Any]]:
    for stage in all_stages(dataset):
        for name in ("_map_func", "_predicate"):
            graph = read(read(read(stage, name), "function"), "graph")
            for operation in graph.get_operations() if graph is not None else ():
                yield stage, operation


def _seen(stage: Any, operation: Any) -> FailedOp:
    lines = tuple((line.filename, line.lineno) for line in operation.traceback)
    return FailedOp(stage, operation.type, tuple(shape_of(one) for one in operation.inputs), lines)
