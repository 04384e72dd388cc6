"""Under which strategy of tf.distribute a failure happened, and in which replica and worker."""

from __future__ import annotations

import sys
from typing import Any

from kerasguard.event import Event

# Their replicas are threads of this process. Others hand work to other machines or chips: hands off.
UNDERSTOOD = ("MirroredStrategy", "MultiWorkerMirroredStrategy", "OneDeviceStrategy")
_REPLICAS = "tensorflow.python.distribute.mirrored_run"
_KERAS = frozenset({"keras", "tf_keras"})
_TRAINING = frozenset({"fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"})


def strategy_of(event: Event) -> Any:
    """Return the strategy that was in force when `event` happened, None without one."""
    distribute = getattr(sys.modules.get("tensorflow"), "distribute", None)
    if distribute is None:
        return None
    thread = _replica(event)
    if thread is not None:
        return thread.distribution
    if distribute.has_strategy():
        return distribute.get_strategy()
    if not _packages(event.owner):
        return None
    own = getattr(event.owner, "distribute_strategy", None)
    return own if isinstance(own, distribute.Strategy) and _is_chosen(own) else None


def is_understood(strategy: Any, event: Event) -> bool:
    """Return whether what fails under the strategy can be looked at as if it were a plain run."""
    name = _name(strategy)
    if name == "MultiWorkerMirroredStrategy" and event.entry in _TRAINING:
        # Keras 3 hands the values of all replicas to its functions as one, and fails of it whatever the program does.
        return "keras" not in _packages(event.owner)
    return name is not None


def facts(event: Event) -> dict[str, str | None]:
    """Return what the environment of a failure says about the strategy: nothing without one."""
    strategy = strategy_of(event)
    if strategy is None:
        return {}
    replicas = strategy.num_replicas_in_sync
    found: dict[str, str | None] = {"strategy": _name(strategy) or type(strategy).__name__, "replicas": str(replicas)}
    thread = _replica(event)
    if thread is not None:
        found["replica"] = f"{int(thread.replica_id_in_sync_group)} of {replicas}"
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is not None and resolver.task_id is not None:
        workers = sum(len(tasks) for job, tasks in resolver.cluster_spec().as_dict().items() if job != "ps")
        found["worker"] = f"{int(resolver.task_id) + _chiefs(resolver)} of {workers}"
    return found


def _name(strategy: Any) -> str | None:
    """Return the public name of a strategy that is understood, None for another one."""
    distribute = sys.modules["tensorflow"].distribute
    return next((name for name in UNDERSTOOD if isinstance(strategy, getattr(distribute, name))), None)


def _chiefs(resolver: Any) -> int:
    """Return how many tasks are counted before those of the resolver's own kind."""
    jobs = resolver.cluster_spec().as_dict()
    return len(jobs.get("chief", ())) if resolver.task_type == "worker" else 0


def _packages(owner: Any) -> set[str]:
    """Return the Kerases that the class of `owner` comes from."""
    return {cls.__module__.partition(".")[0] for cls in type(owner).__mro__} & _KERAS


def _is_chosen(strategy: Any) -> bool:
    """Return whether the program chose the strategy: models hold the default one as well."""
    return not type(strategy).__name__.startswith("_Default")


def _replica(event: Event) -> Any:
    """Return the thread of the replica that failed, None where no such thread is part of the stack."""
    for step in reversed(event.stack):
        frame = step.frame
        if frame.f_globals.get("__name__") == _REPLICAS and frame.f_code.co_name == "run":
            return frame.f_locals.get("self")
    return None
