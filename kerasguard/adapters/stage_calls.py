"""The stage of tf.data that was being applied, and whether tf.data accepts another function in its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import tensorflow as tf

from kerasguard.adapters.specs import kind_of
from kerasguard.adapters.trial import Outcome
from kerasguard.adapters.trial_failure import same_failure
from kerasguard.adapters.trial_graph import quiet
from kerasguard.event import StackEntry
from kerasguard.provenance.access import is_a

FUNCTIONS = {"map": "map_func", "filter": "predicate", "flat_map": "map_func", "interleave": "map_func"}
_Try = tuple[str, Any, Callable[..., Any]]
_HOME = "tensorflow.python.data.ops.dataset_ops"


class StageCall(NamedTuple):
    """A call of a dataset's method that takes a function, with where in the stack it began."""

    operation: str
    dataset: Any
    function: Any
    depth: int


def stage_call(stack: tuple[StackEntry, ...]) -> StageCall | None:
    """Return the innermost application of a stage that was under way."""
    for depth, entry in reversed(list(enumerate(stack))):
        frame = entry.frame
        operation = frame.f_code.co_name
        if operation not in FUNCTIONS or frame.f_globals.get("__name__") != _HOME:
            continue
        dataset = frame.f_locals.get("self")
        if kind_of(dataset) == "dataset":
            return StageCall(operation, dataset, frame.f_locals.get(FUNCTIONS[operation]), depth)
    return None


def parts_of(dataset: Any) -> tuple[Any, ...]:
    """Return the specs that a mapped function gets as its arguments: tf.data takes plain tuples apart."""
    spec = dataset.element_spec
    return spec if type(spec) is tuple else (spec,)


def accepted(  # the stage, and the two functions to compare
    operation: str,
    dataset: Any,
    failed: Callable[..., Any],
    mended: Callable[..., Any],
    error: BaseException,
    within: AbstractContextManager[None] | None = None,
) -> Outcome:
    """Return whether a stage that failed with one function can be made with another; no element is computed for that."""
    return _compared((operation, dataset, failed), (operation, dataset, mended), error, within)


def accepted_on_rows(
    operation: str, arrays: Sequence[Any], dataset: Any, function: Callable[..., Any], error: BaseException
) -> Outcome:
    """Return whether a stage that failed can be made on the slices of a tuple of arrays; one row stands for all."""
    rows = tf.data.Dataset.from_tensor_slices(tuple(array[:1] for array in arrays))
    return _compared((operation, dataset, function), (operation, rows, function), error)


def _compared(
    before: _Try, after: _Try, error: BaseException, within: AbstractContextManager[None] | None = None
) -> Outcome:
    """Try the stage as it was, which has to fail as it did, and as it would be."""
    control = _refusal(*before)
    if control is None or not same_failure(control, error):
        return Outcome(accepted=False, note="the trial does not show the failure")
    with within or contextlib.nullcontext():
        refused = _refusal(*after)
    return Outcome(accepted=refused is None, error=refused, note="tf.data accepts the function")


def _refusal(operation: str, dataset: Any, function: Callable[..., Any]) -> BaseException | None:
    try:
        with quiet(), tf.init_scope():
            getattr(dataset, operation)(function)
    except Exception as refused:  # noqa: BLE001 - the user's function runs: anything may come out of it
        return refused
    return None


def component(parts: tuple[Any, ...], path: tuple[Any, ...]) -> Any:
    """Return the part of an element at a path of indices and keys."""
    found: Any = parts
    for step in path:
        found = found[step]
    return found


def spec_paths(spec: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of the tensors in an element, in the order of the structure."""
    if is_a(spec, dict):
        return [found for key, item in spec.items() for found in spec_paths(item, (*path, key))]
    if is_a(spec, tuple | list):
        return [found for index, item in enumerate(spec) for found in spec_paths(item, (*path, index))]
    return [path]


def returned(dataset: Any, function: Callable[..., Any]) -> Any:
    """Return the specs of what a function makes of an element, None where it fails or returns no tensors."""
    try:
        with quiet(), tf.init_scope():
            return dataset.map(function).element_spec
    except Exception:  # noqa: BLE001 - as above
        return None


def followed_by(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function whose result is turned into what a stage takes."""
    after = {
        "reduce_all": tf.reduce_all,
        "reduce_any": tf.reduce_any,
        "nonzero": lambda found: found != 0,
        "from_tensors": tf.data.Dataset.from_tensors,
        "from_tensor_slices": tf.data.Dataset.from_tensor_slices,
    }[name]
    return lambda *parts: after(function(*parts))
