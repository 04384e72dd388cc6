"""What a dry run needs of the data: the entry that is meant, one batch where specs do not tell, and its trial."""

from __future__ import annotations

import dataclasses
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.specs import spec_of
from kerasguard.adapters.trial import Call, Outcome, call_of, try_call
from kerasguard.adapters.trial_batches import one_batch
from kerasguard.adapters.trial_loss import RefusedByRule
from kerasguard.event import OpenCall
from kerasguard.evidence.situation import Situation, in_call, of_shapes
from kerasguard.vocabulary import Diagnosis, ExceptionFacts

# Refusals that stand for no error: Keras broadcasts, or the output is constant.
SILENT = frozenset({"broadcast", "rank", "one-unit"})
_ON_BATCH = {"fit": "train_on_batch", "predict": "predict_on_batch"}


def first_item(x: Any) -> Any:
    """Return item 0 of a Sequence (PyDataset); None for anything else."""
    return x[0] if _kind(x) == "pydataset" else None


def specs_of(item: Any) -> Any:
    """Return the tree of specs of an item that was read, None without one."""
    return None if item is None else specs.map_leaves(item, spec_of)


def entry_for(x: Any, y: Any, item: Any) -> str:
    """Return ``fit`` where there are labels, in `y` or in the elements of a dataset, else ``predict``."""
    element = specs.element_specs(x) if _kind(x) == "dataset" else item
    labels = y is not None or (isinstance(element, tuple) and len(element) > 1)
    return "fit" if labels else "predict"


def _kind(x: Any) -> str:
    return "" if specs.is_container(x) else spec_of(x).kind


def tried(call: OpenCall, item: Any, built: frozenset[int] | None, seconds: float) -> Outcome:
    """Return whether the call would go well; a batch is drawn where the specs of a dataset do not tell."""
    trial = call_of(call.entry, call.owner, call.args, call.kwargs)
    if item is not None:
        trial = dataclasses.replace(trial, options={**trial.options, "peeked": [item]})
    outcome = try_call(trial, built, seconds)
    drawn = one_batch(trial.x) if outcome.undecided and _kind(trial.x) == "dataset" else None
    if drawn is None:
        return outcome
    x, y, weight = (*drawn, None, None)[:3] if isinstance(drawn, tuple) else (drawn, None, None)
    options = {name: trial.options[name] for name in ("class_weight",) if name in trial.options}
    on_batch = Call(_ON_BATCH[call.entry], call.owner, x, y, weight, None, options)
    return try_call(on_batch, built, seconds)


def situation(call: OpenCall, outcome: Outcome, order: tuple[str, ...]) -> Situation:
    """Return what the checks for silent mistakes may look at; `order` names the positional arguments as written."""
    found = in_call(call, None, {}, whole=True)
    found.event.order = order
    error = outcome.error
    if isinstance(error, RefusedByRule) and error.met is not None:
        found.seen = of_shapes(*error.met)
        found.occasions |= {"loss"}
    return found


def is_said(outcome: Outcome, silent: list[Diagnosis]) -> bool:
    """Return whether a refusal that stands for no error is among the silent mistakes already."""
    return bool(silent) and isinstance(outcome.error, RefusedByRule) and outcome.error.rule in SILENT


def facts(found: Diagnosis, error: BaseException) -> ExceptionFacts | None:
    """Return the exception that the call would raise; None where it is our own word for one."""
    return None if isinstance(error, RefusedByRule) else found.exception
