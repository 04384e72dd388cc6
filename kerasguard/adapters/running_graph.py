"""Errors of a graph that was running: which operation failed, and whether a refusal while tracing tells why."""

from __future__ import annotations

from collections.abc import Iterable
from types import FrameType

import tensorflow as tf

from kerasguard.adapters.trial_failure import same_failure
from kerasguard.adapters.trial_loss import RefusedByRule

_RUNNING = ("tensorflow.python.eager.polymorphic_function.",)


def is_run_time(error: BaseException, frames: Iterable[FrameType]) -> bool:
    """Return whether `error` comes from a function that TensorFlow had traced before and was running."""
    if not isinstance(error, tf.errors.OpError):
        return False
    return any(
        frame.f_code.co_name in {"_call_flat", "call_flat", "call_preflattened"}
        and str(frame.f_globals.get("__name__", "")).startswith(_RUNNING)
        for frame in frames
    )


def explains(traced: BaseException, ran: BaseException) -> bool:
    """Return whether a refusal of real sizes while tracing is what failed at run time.

    Operations run side by side, so that another one may fail first; but sizes that are refused while tracing fail
    whenever they run.
    """
    if isinstance(traced, RefusedByRule):
        return False
    return same_failure(traced, ran) or (
        isinstance(ran, tf.errors.InvalidArgumentError)
        and isinstance(traced, ValueError | tf.errors.InvalidArgumentError)
    )
