"""``kerasguard.check``: would fit or predict accept this data? Answered on specs, with nothing trained."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

from kerasguard.event import Event, OpenCall, full_stack
from kerasguard.guarding.boundary import inside_guard
from kerasguard.vocabulary import Diagnosis

PARAMETERS = ("model", "x", "y", "sample_weight")
LONGEST_S = 60.0  # a trial traces the model once; for the largest ones that takes a while


def check(model: Any, x: Any, y: Any = None, sample_weight: Any = None, **fit_arguments: Any) -> list[Diagnosis]:
    """Say what `fit` (or `predict`, where there are no labels) would refuse or silently misread, without training.

    Parameters
    ----------
    model
        A Keras model; compiled, if there are labels.
    x, y, sample_weight
        As for ``fit``: arrays, structures of them, a dataset or a Sequence. Of a tf.data dataset at most one batch of a
        fresh iterator is drawn, of a Sequence item 0 is read, a generator is never asked.
    **fit_arguments
        Further arguments of ``fit``: ``validation_data``, ``batch_size``, ``class_weight``, ...

    Returns
    -------
    list of Diagnosis
        Empty when the call would accept the data. Nothing of the model changes: no weight, no layer is built, no random
        number drawn.

    Examples
    --------
    >>> assert not kerasguard.check(model, x, y)  # doctest: +SKIP
    """
    from kerasguard.diagnosis import dry_run  # loads TensorFlow
    from kerasguard.render import progress

    options = {"sample_weight": sample_weight, **fit_arguments}
    options = {name: value for name, value in options.items() if value is not None}
    item = dry_run.first_item(x)
    entry = dry_run.entry_for(x, y, item)
    frame = sys._getframe()  # noqa: SLF001 - stands for the guarded call in the stack
    call = OpenCall(entry, model, (x,) if y is None else (x, y), options, frame)
    with inside_guard(), progress.shown("kerasguard is checking the data"):
        return _findings(call, item)


def _findings(call: OpenCall, item: Any) -> list[Diagnosis]:
    from kerasguard.adapters.patch_points import built_layers
    from kerasguard.diagnosis import dry_run, engine

    built = built_layers(call.owner)
    outcome = dry_run.tried(call, item, built, LONGEST_S)
    silent = list(engine.noticed(dry_run.situation(call, outcome, PARAMETERS)))
    error = outcome.error
    if outcome.accepted or error is None or dry_run.is_said(outcome, silent):
        return silent
    event = Event(error, call.entry, call.owner, call.args, call.kwargs, full_stack(error, call.frame), built)
    event.order, event.peeked = PARAMETERS, dry_run.specs_of(item)
    found = engine.diagnose(event)
    event.stack = ()
    error.__traceback__ = None  # it holds the frames, and they hold the data
    if found is None:
        return silent
    return [dataclasses.replace(found, exception=dry_run.facts(found, error)), *silent]
