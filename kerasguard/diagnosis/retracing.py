"""An error of a graph that was running has lost the frames of its layers: find them by tracing the call once more."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

from kerasguard.adapters import running_graph, specs
from kerasguard.adapters.tensors import blank
from kerasguard.adapters.trial import Call, try_call
from kerasguard.event import Event, StackEntry, full_stack
from kerasguard.evidence import Evidence, Given
from kerasguard.faults import contained
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Shape

CALLS = frozenset(
    {"fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"}
)  # the calls that run a graph which Keras has traced
TRIAL = "kerasguard.adapters.trial"


def retrace(event: Event) -> None:
    """Put the frames below the stack of `event` in which the same call fails where it is traced with sizes.

    A graph is traced with free sizes and fails on those of a real batch. Traced with these sizes from the start, it
    fails at the user's line, with the frames of every layer around it. Without such frames the stack stays as it is.
    """
    if event.entry not in CALLS or not running_graph.is_run_time(event.error, (one.frame for one in event.stack)):
        return
    evidence = Evidence(event)
    try:
        with contained("tracing a failed call again"):
            call = _with_sizes(evidence)
            control = try_call(call, event.built_before) if call is not None else None
            if control is not None and control.error is not None and running_graph.explains(control.error, event.error):
                event.stack = (*event.stack, *_below_trial(full_stack(control.error, None)))
    finally:
        evidence.release()


def _with_sizes(evidence: Evidence) -> Call | None:
    """Return the failing call; of a generator or Sequence, with a batch as large as those it hands out."""
    call = evidence.call
    if call is None or specs.kind_of(call.x) not in {"generator", "pydataset"}:
        return call
    batch: dict[Any, Any] = {}
    for one in evidence.everything:
        shape = _handed_out(one)
        if shape is None or one.element is None:
            return call
        inner = batch
        for step in one.element[:-1]:
            inner = inner.setdefault(step, {})
        inner[one.element[-1]] = blank(shape, one.spec.dtype or "float32")
    return dataclasses.replace(call, options={**call.options, "peeked": [_tree(batch)]})


def _handed_out(given: Given) -> Shape | None:
    """Return the shape of one batch of a tensor, as the live generator or the number of batches tells it."""
    from kerasguard.provenance.walk import chain

    if given.node is None or given.scope is None or given.shape is None:
        return None
    for link in chain(given.node, given.scope, demands.element_path(given)):
        if link.path == () and link.shape is not None and None not in link.shape and link.value is not None:
            if len(link.shape) != len(given.shape):
                return None
            rows = link.shape[0] or 0
            batches = _length(given.value) if demands.values_of(given) is link.value else 1
            return (math.ceil(rows / batches), *link.shape[1:])
    return None


def _length(value: Any) -> int:
    return max(len(value), 1) if hasattr(type(value), "__len__") else 1


def _tree(steps: Any) -> Any:
    """Return the nested dicts of steps as what they index: tuples where the steps are numbers."""
    if not isinstance(steps, dict):
        return steps
    if all(isinstance(step, int) for step in steps):
        return tuple(_tree(steps[step]) for step in sorted(steps))
    return {step: _tree(value) for step, value in steps.items()}


def _below_trial(stack: Iterable[StackEntry]) -> tuple[StackEntry, ...]:
    """Return the frames that the trial called, without kerasguard's own."""
    entries = [(entry, str(entry.frame.f_globals.get("__name__", ""))) for entry in stack]
    last = max((index for index, (_, module) in enumerate(entries) if module == TRIAL), default=len(entries))
    return tuple(entry for entry, module in entries[last + 1 :] if not module.startswith("kerasguard."))
