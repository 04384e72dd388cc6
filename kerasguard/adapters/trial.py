"""Would the failing Keras call accept these objects? Asked in a scratch graph, with nothing trained or left behind."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from kerasguard.adapters.kits import NO_TRIAL, kit_of
from kerasguard.adapters.specs import MOST_LEAVES, kind_of, leaves, read, shape_of, spec_of
from kerasguard.adapters.trial_batches import Batch, batches
from kerasguard.adapters.trial_failure import replaced, same_failure
from kerasguard.adapters.trial_graph import (
    Undecidable,
    like,
    quiet,
    scratch_graph,
    stand_ins,
    variables_without_values,
)
from kerasguard.adapters.trial_loss import Labels, LossCall, check_lookups, check_losses, loss_name
from kerasguard.adapters.trial_state import Snapshot
from kerasguard.deadline import Deadline
from kerasguard.provenance.access import is_a, is_inert
from kerasguard.vocabulary import Shape

__all__ = ["Call", "Outcome", "built_layers", "call_of", "same_failure", "try_call"]

EXTRA = "*args"  # the option that holds positional arguments for which call() has no name
_LOSS_ARGUMENTS = {"y_true": "y", "y_pred": "x"}
_READS_VALUES = ("OperatorNotAllowedInGraphError", "NotImplementedError")


@dataclass(frozen=True)
class Call:
    """A guarded call, with its objects possibly replaced by a repair.

    Attributes
    ----------
    entry : str
        call, fit, evaluate, predict, train_on_batch, test_on_batch, predict_on_batch, or loss: the owner is a loss
        object, `x` what the model predicted.
    owner : model or layer
    x, y, sample_weight, validation_data
        As given to the entry point; ``validation_data`` is a tuple or a dataset.
    options : mapping
        All other arguments. ``peeked``, a list of batches, stands for what a generator had yielded already (see
        `kerasguard.adapters.specs.first_batches`).
    anew : function, optional
        Makes the owner again inside the trial; what was done to the live one after it was made is done to that one.
    """

    entry: str
    owner: Any
    x: Any
    y: Any = None
    sample_weight: Any = None
    validation_data: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    anew: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """What a trial found.

    Attributes
    ----------
    accepted : bool
        The call accepts the objects, loss and metrics included.
    error : exception, optional
        Why not; None together with ``accepted=False`` means that the trial cannot tell, and ``note`` says why.
    note : str
        In words for the user, without values.
    output_shapes : list of shapes
    seconds : float
    """

    accepted: bool
    error: BaseException | None = None
    note: str = ""
    output_shapes: list[Shape | None] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def undecided(self) -> bool:
        """Whether the trial could not tell."""
        return not self.accepted and self.error is None


def call_of(entry: str, owner: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
    """Return the `Call` for the arguments of an entry point.

    Parameters
    ----------
    entry
        ``call`` binds to the owner's ``call``, everything else to the method of that name.
    """
    signature = inspect.signature(owner.__call__ if entry == "loss" else getattr(owner, entry))
    given = list(args)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError:  # Keras will refuse it: keep what was given
        return Call(entry, owner, given[0] if given else None, options={EXTRA: tuple(given[1:]), **kwargs})
    named: dict[str, Any] = {}
    extra: tuple[Any, ...] = ()
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        elif kind is inspect.Parameter.VAR_POSITIONAL:
            extra = tuple(value)
        else:
            named[name] = value
    if entry == "call":
        first = next(iter(named), None)
        if extra and not named:
            x, extra = extra[0], extra[1:]
        else:
            x = named.pop(first) if first is not None else None
        return Call(entry, owner, x, options={EXTRA: extra, **named} if extra else named)
    if entry == "loss":
        named = {_LOSS_ARGUMENTS.get(name, name): value for name, value in named.items()}
    parts = {name: named.pop(name, None) for name in ("x", "y", "sample_weight", "validation_data")}
    return Call(entry, owner, **parts, options=named)


def built_layers(owner: Any) -> frozenset[int] | None:
    """Return the ids of the owner's layers that are built (to be asked when a guarded call begins), None if all are."""
    found = list(_layers(owner))
    built = [layer for layer in found if read(layer, "built")]
    return None if len(built) == len(found) else frozenset(map(id, built))


def _layers(owner: Any) -> Iterator[Any]:
    walk = getattr(owner, "_flatten_layers", None)
    if walk is not None:
        yield from walk(recursive=True, include_self=True)


def try_call(call: Call, built_before: frozenset[int] | None = None, deadline: float = 2.0) -> Outcome:
    """Trace the call on placeholders and say whether Keras accepts it.

    Parameters
    ----------
    call
    built_before
        What `built_layers` said when the guarded call began. Layers that the failing call itself has built are tried as
        unbuilt ones; None takes all layers as they are.
    deadline
        Seconds of work after which the trial gives up.

    Returns
    -------
    Outcome
        Never raises for what the user's objects do.
    """
    start = time.perf_counter()
    kit = _kit(call.owner)
    if kit is None:
        return _undecided(NO_TRIAL)
    doubt = _untouchable(call)
    if doubt:
        return _undecided(doubt)
    trial = _Trial(call, kit, built_before, Deadline.within(deadline))
    outcome, left = _attempt(trial)
    if trial.stateless and outcome.error is not None and kit.needs_variables(outcome.error):
        trial.stateless = False
        outcome, left = _attempt(trial)
    note = outcome.note + (f" (left behind: {'; '.join(left)})" if left else "")
    return Outcome(outcome.accepted, outcome.error, note, outcome.output_shapes, time.perf_counter() - start)


def _attempt(trial: _Trial) -> tuple[Outcome, list[str]]:
    """Run a trial between snapshot and restore; return its outcome and what could not be put back."""
    kit = trial.kit
    left: list[str] = []
    try:
        with trial.outside():
            snapshot = Snapshot(trial.roots(), kit.tables())
            try:
                with quiet(), kit.sandbox(stateless=trial.stateless), variables_without_values():
                    outcome = trial.run()
            finally:
                snapshot.restore()
                left = snapshot.differences()
    except Undecidable as doubt:
        outcome = _undecided(str(doubt))
    except Exception as error:  # noqa: BLE001 - whatever the user's objects raise is the outcome
        outcome = trial.refused(error)
    return outcome, left


def _kit(owner: Any) -> Any:
    """Return the module with all that differs between the two Kerases."""
    roots = [cls.__module__.partition(".")[0] for cls in type(owner).__mro__]
    return next((kit_of(root) for root in ("tf_keras", "keras") if root in roots), None)


class _Trial:
    """One trial of one call."""

    def __init__(self, call: Call, kit: Any, built_before: frozenset[int] | None, until: Deadline) -> None:
        self.call = call
        self._live, self._anew = call.owner, call.anew
        self.kit = kit
        self.until = until
        self._built_before = built_before
        self._losses: list[LossCall] = []
        self._began = time.thread_time()
        self._own_step = call.entry in {"fit", "train_on_batch"} and _overrides(call.owner, "train_step")
        # Variables can be kept from being made, but a training step of the user's own needs real ones.
        self.stateless = not self._own_step

    def outside(self) -> contextlib.AbstractContextManager[Any]:
        """Leave a function that was being traced, and the user's gradient tapes.

        A training step of the user's own must be able to record gradients, which this would stop.
        """
        return contextlib.nullcontext() if self._own_step and tf.executing_eagerly() else tf.init_scope()

    def roots(self) -> list[Any]:
        """Return the objects whose attributes the call may change."""
        found = [self._live, *_layers(self._live)]
        for _, leaf in leaves([self.call.x, dict(self.call.options)]):
            if kind_of(leaf) == "keras":
                found += [leaf, *filter(None, [self.kit.nodes_of(leaf)])]
        return found

    def run(self) -> Outcome:
        """Trace the call inside the sandbox."""
        if self._anew is not None:
            made = self._anew()
            self.kit.go_on_as(made, self._live)
            self.call = dataclasses.replace(self.call, owner=made)
        elif self._built_before is not None:
            self._forget(self._built_before)
        if self.call.entry == "loss":
            return self._loss()
        return self._direct() if self.call.entry == "call" else self._trainer()

    def _loss(self) -> Outcome:
        call, labels = self.call, Labels()
        with scratch_graph(self.until):
            true, pred, weight = (
                stand_ins(one, lambda leaf: like(leaf, labels)) for one in (call.y, call.x, call.sample_weight)
            )
            call.owner(true, pred, sample_weight=weight)
            check_losses([LossCall(call.owner, true, pred)], labels)
        return Outcome(accepted=True, note="the loss accepts it")

    def _forget(self, before: frozenset[int]) -> None:
        """Make unbuilt what the failing call itself has built, with the optimizer that knows its variables."""
        forgotten = False
        for layer in list(_layers(self.call.owner)):
            touched = read(layer, "built") or vars(layer).get("_called")
            if touched and id(layer) not in before:
                self.kit.forget_build(layer, before)
                forgotten = True
        optimizer = read(self.call.owner, "optimizer")
        if forgotten and self._own_step and read(optimizer, "built") and hasattr(optimizer, "get_config"):
            fresh = type(optimizer).from_config(optimizer.get_config())
            vars(optimizer).clear()
            vars(optimizer).update(vars(fresh))

    def _direct(self) -> Outcome:
        call, labels = self.call, Labels()
        options = dict(call.options)
        symbolic = any(kind_of(leaf) == "keras" for _, leaf in leaves([call.x, options]))
        with contextlib.ExitStack() as stack:
            graph = None if symbolic else stack.enter_context(scratch_graph(self.until))
            if graph is not None:
                x = stand_ins(call.x, lambda leaf: like(leaf, labels))
                options = stand_ins(options, lambda leaf: like(leaf, labels))
            else:
                x = call.x
            extra = options.pop(EXTRA, ())
            output = call.owner(x, *extra, **options)
            shapes = [shape_of(leaf) for _, leaf in leaves(output)]
            if graph is not None:
                check_lookups(graph, labels)
        return Outcome(accepted=True, note=_returns(call.owner, shapes), output_shapes=shapes)

    def _trainer(self) -> Outcome:
        call, model = self.call, self.call.owner
        phases = {"fit", "evaluate", "train_on_batch", "test_on_batch"}
        if call.entry in phases:
            self.kit.assert_compiled(model, call.entry)
            self.kit.throw_away(model, self._losses)
        shapes: list[Shape | None] = []
        doubt, partial = "", ""
        for turn, batch in enumerate(batches(call, self.kit)):
            if turn and self.until.left() < time.thread_time() - self._began:
                partial = ", first batch only"
                break
            self._began = time.thread_time()
            traced = self._trace(batch)
            shapes = shapes or traced
            doubt = doubt or batch.doubt
        if doubt:
            return _undecided(f"it traces, but {doubt}")
        return Outcome(accepted=True, note=self._says(shapes) + partial, output_shapes=shapes)

    def _trace(self, batch: Batch) -> list[Shape | None]:
        model, labels = self.call.owner, Labels()
        del self._losses[:]
        with scratch_graph(self.until) as graph:
            data = batch.make(labels)
            if batch.phase == "train" and self._own_step:
                self.kit.build_for_step(model, data)
                output = model.train_step(data)
            elif batch.phase == "train":
                output = self.kit.train_forward(model, data)
            elif batch.phase == "test":
                output = model.test_step(data)
            else:
                output = model.predict_step(data)
            check_losses(self._losses, labels)
            check_lookups(graph, labels)
            if batch.phase != "predict" and self._losses:
                return [shape_of(one.y_pred) for one in self._losses]
            return [shape_of(leaf) for _, leaf in leaves(output)]

    def _says(self, shapes: list[Shape | None]) -> str:
        if self.call.entry not in {"fit", "train_on_batch", "evaluate", "test_on_batch"}:
            return _returns(self.call.owner, shapes)
        names = list(dict.fromkeys(loss_name(one.loss) or "your own loss" for one in self._losses))
        return f"{self.call.entry} traces with loss {', '.join(names)}" if names else f"{self.call.entry} traces"

    def refused(self, error: Exception) -> Outcome:
        """Return the outcome for an error of the traced call."""
        eager = self.call.entry == "call" or read(self.call.owner, "run_eagerly")
        wants_values = any(
            type(link).__name__ in _READS_VALUES or read(link, "name") == "numpy" for link in replaced(error)
        )
        if eager and wants_values:
            return _undecided("the call reads values")
        return Outcome(accepted=False, error=error, note=f"refused: {type(error).__name__}")


def _untouchable(call: Call) -> str:
    """Return why the data cannot be tried without running code of the user's, or for too long; empty where it can."""
    found = leaves([call.x, call.y, call.sample_weight, call.validation_data])
    sizes = [
        math.prod(size or 1 for size in spec_of(leaf).shape or ()) for _, leaf in found if is_a(leaf, (list, tuple))
    ]
    if len(found) + sum(sizes) >= MOST_LEAVES:
        return "there are too many tensors, or numbers in lists"
    unsafe = any(
        kind_of(leaf) in {"object", "other", "generator", "python"} and not is_inert(leaf)
        for path, leaf in found + (leaves([None, dict(call.options)]) if call.entry == "call" else [])
        if path != (0,) or kind_of(leaf) != "generator"  # to feed a model from one is what Keras is made for
    )
    return "the data are objects of a class of your own" if unsafe else ""


def _undecided(why: str) -> Outcome:
    return Outcome(accepted=False, note=f"undecidable: {why}")


def _overrides(model: Any, method: str) -> bool:
    """Whether the user's own class defines a method of the trainer."""
    owner = next((cls for cls in type(model).__mro__ if method in vars(cls)), None)
    return owner is not None and owner.__module__.partition(".")[0] not in {"keras", "tf_keras"}


def _returns(owner: Any, shapes: list[Shape | None]) -> str:
    kind = "model" if hasattr(owner, "fit") else "layer"
    return f"the {kind} returns {', '.join(map(str, shapes))}"
