"""What a dry run needs of the data: the entry that is meant, one batch where specs do not tell, and its trial."""

from __future__ import annotations

import dataclasses
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.specs import spec_of
from kerasguard.adapters.trial import Outcome, call_of, try_call
from kerasguard.adapters.trial_batches import one_batch
from kerasguard.adapters.trial_loss import RefusedByRule
from kerasguard.boundary import OpenCall
from kerasguard.situation import Situation, in_call, of_shapes
from kerasguard.vocabulary import Diagnosis, ExceptionFacts

# Refusals that stand for no error: Keras broadcasts, or the output is constant.
SILENT = frozenset({"broadcast", "rank", "one-unit"})
_ON_BATCH = {"fit": "train_on_batch", "predict": "predict_on_batch"}


def entry_for(x: Any, y: Any) -> str:
    """Return ``fit`` where there are labels, in `y` or in the elements of a dataset, else ``predict``."""
    if y is not None:
        return "fit"
    kind = _kind(x)
    if kind == "dataset":
        tree = specs.element_specs(x)
        return "fit" if isinstance(tree, tuple) and len(tree) > 1 else "predict"
    if kind == "pydataset":
        item = x[0]
        return "fit" if isinstance(item, tuple) and len(item) > 1 else "predict"
    return "predict"


def _kind(x: Any) -> str:
    return "" if specs.is_container(x) else spec_of(x).kind


def tried(call: OpenCall, built: frozenset[int] | None, seconds: float) -> Outcome:
    """Return whether the call would go well; a batch is drawn where specs alone do not tell."""
    trial = call_of(call.entry, call.owner, call.args, call.kwargs)
    if _kind(trial.x) == "pydataset":
        trial = dataclasses.replace(trial, options={**trial.options, "peeked": [trial.x[0]]})
    outcome = try_call(trial, built, seconds)
    if not outcome.undecided or _kind(trial.x) != "dataset":
        return outcome
    parts = one_batch(trial.x)
    if parts is None:
        return outcome
    x, y, weight = (*parts, None, None)[:3] if isinstance(parts, tuple) else (parts, None, None)
    options = {name: trial.options[name] for name in ("class_weight",) if name in trial.options}
    return try_call(dataclasses.replace(trial, entry=_ON_BATCH[call.entry], x=x, y=y, sample_weight=weight,
                                        validation_data=None, options=options), built, seconds)  # fmt: skip


def situation(call: OpenCall, outcome: Outcome) -> Situation:
    """Return what the checks for silent mistakes may look at."""
    found = in_call(call, None, {}, whole=True)
    found.event.order = ("model", "x", "y", "sample_weight")
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
