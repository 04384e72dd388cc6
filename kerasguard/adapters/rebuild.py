"""Would the model have been built with one thing changed? Asked with copies of its layers that hold no weights."""

from __future__ import annotations

import copy
import itertools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kerasguard.adapters import specs, wants
from kerasguard.adapters.kits import NO_TRIAL, kit_of
from kerasguard.adapters.rebuild_plan import Plan, Slot, Step, is_data_input, leaves, map_tree
from kerasguard.adapters.trial_graph import Undecidable, placeholder, quiet, scratch_graph, variables_without_values
from kerasguard.adapters.trial_state import Snapshot
from kerasguard.deadline import Deadline
from kerasguard.provenance.access import is_a, is_inert
from kerasguard.vocabulary import Shape

SECONDS = 1.5
INNER = ("layer", "backward_layer", "cell")


@dataclass(frozen=True)
class New:
    """A layer that is not in the user's model yet."""

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What is different in a trial.

    Attributes
    ----------
    settings
        Constructor arguments by ``id`` of the layer; under the key ``inner`` those of the layer that it wraps.
    inputs
        Batch shapes by ``id`` of the Input's layer.
    instead
        Layers to put in the place of others, by ``id``; `None` leaves a layer out.
    before
        Layers to insert on the way into a step: (index of the step, slot) to the new layers in order.
    behind
        Layers to call on what a step (by index) gives.
    wrapped
        Layers to put into a TimeDistributed, by ``id``.
    made
        Functions that make the layer that takes the place of one, by ``id``.
    own
        Steps (by index) that get a copy of their layer for themselves: it is no longer shared.
    rewired
        Other tensors for a step: (index of the step, place among the tensors it is given) to the slot to take.
    """

    settings: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    inputs: Mapping[int, Shape] = field(default_factory=dict)
    instead: Mapping[int, New | None] = field(default_factory=dict)
    before: Mapping[tuple[int, int], tuple[New, ...]] = field(default_factory=dict)
    behind: Mapping[int, tuple[New, ...]] = field(default_factory=dict)
    wrapped: frozenset[int] = frozenset()
    made: Mapping[int, Callable[[], Any]] = field(default_factory=dict)
    own: frozenset[int] = frozenset()
    rewired: Mapping[tuple[int, int], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Built:
    """What a rebuild gave.

    Attributes
    ----------
    error
        The first refusal, with the index of its step; None when all of it was built.
    shapes
        The shape at each slot that was reached.
    """

    error: BaseException | None
    step: int | None
    shapes: Mapping[int, Shape | None]
    doubt: str = ""

    @property
    def accepted(self) -> bool:
        """Whether every step took its inputs."""
        return self.error is None and not self.doubt


class WrongInputShape(ValueError):  # noqa: N818 - a refusal, told as Keras tells it
    """A tensor that the Input of a nested model does not take."""


def rebuild(plan: Plan, change: Change | None = None, *, traced: bool = False) -> Built:
    """Run a plan on symbolic tensors with one change, and leave nothing behind; never raises for the user's layers.

    Parameters
    ----------
    traced
        Call the layers on placeholders in a scratch graph, as fit and predict do, in the place of Keras' own symbolic
        tensors: some layers refuse there only.
    """
    import tensorflow as tf

    kit = _kit(plan)
    runner = _Runner(plan, change or Change(), kit.__name__, traced=traced)
    state = kit_of(kit.__name__)
    if state is None:
        return Built(None, None, {}, NO_TRIAL)
    with tf.init_scope():
        snapshot = Snapshot(runner.reused(), state.tables())
        try:
            with quiet(), state.sandbox(stateless=True), variables_without_values():
                if not traced:
                    return runner.run()
                with scratch_graph(Deadline.within(SECONDS)):
                    return runner.run()
        except Undecidable as doubt:
            return Built(None, None, {}, str(doubt))
        finally:
            snapshot.restore()


def _kit(plan: Plan) -> Any:
    """Return the Keras package that the plan's layers belong to."""
    for step in reversed(plan.steps):
        for cls in type(step.operation).__mro__:
            root = cls.__module__.partition(".")[0]
            if root in ("keras", "tf_keras"):
                return sys.modules[root]
    return sys.modules["keras"]


class _Runner:
    """One run of a plan."""

    def __init__(self, plan: Plan, change: Change, package: str, *, traced: bool = False) -> None:
        self._traced = traced
        self._plan = plan
        self._change = change
        self._keras = sys.modules[package]
        self._copies: dict[int, Any] = {}
        self._values: dict[int, Any] = {}
        self._until = Deadline.within(SECONDS)

    def reused(self) -> list[Any]:
        """Return the operations that are called as they are, for want of a faithful copy."""
        return [step.operation for step in self._plan.steps if not _copyable(step.operation)]

    def run(self) -> Built:
        """Run the steps in order, up to the first refusal."""
        for index, step in enumerate(self._plan.steps):
            if self._until.passed():
                raise Undecidable("the time is up")
            try:
                made = self._input(step) if step.is_input or is_data_input(step.operation) else self._call(index, step)
            except Undecidable:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a layer raises is the answer
                return Built(error, index, self._shapes())
            found = [leaf for _, leaf in leaves(made) if specs.kind_of(leaf) in ("keras", "symbolic")]
            for slot, tensor in zip(step.outputs, found, strict=False):
                self._values[slot] = tensor
        return Built(None, None, self._shapes())

    def _shapes(self) -> dict[int, Shape | None]:
        return {slot: specs.shape_of(tensor) for slot, tensor in self._values.items()}

    def _input(self, step: Step) -> Any:
        shape = self._change.inputs.get(id(step.operation), step.shapes[0] if step.shapes else None)
        if step.args and isinstance(step.args[0], Slot):
            given = self._values[step.args[0].number]
            return _checked(given, shape, str(step.operation.name), wants.dtype_name(given))
        dtype = getattr(step.operation, "dtype", None) or "float32"
        if self._traced:
            return placeholder(shape, dtype)
        return self._keras.Input(batch_shape=shape, dtype=dtype)

    def _call(self, index: int, step: Step) -> Any:
        places = itertools.count()

        def filled(leaf: Any) -> Any:
            if not is_a(leaf, Slot):
                if not is_inert(leaf):
                    raise Undecidable("a layer is given an object of a class of your own")
                return leaf
            number = self._change.rewired.get((index, next(places)), leaf.number)
            if number not in self._values:
                raise Undecidable("a tensor is missing")
            value = self._values[number]
            for new in self._change.before.get((index, number), ()):
                value = self._new(new)(value)
            return value

        args, kwargs = map_tree(step.args, filled), map_tree(dict(step.kwargs), filled)
        key = id(step.operation)
        if key in self._change.instead and self._change.instead[key] is None:
            return args[0]
        made = self._another(step.operation) if step.again else self._layer(index, step.operation)
        value = made(*args, **kwargs)
        for new in self._change.behind.get(index, ()):
            value = self._new(new)(value)
        return value

    def _layer(self, index: int, operation: Any) -> Any:
        key = id(operation)
        if index in self._change.own:
            return self._copy(operation)
        if key not in self._copies:
            self._copies[key] = self._another(operation)
        return self._copies[key]

    def _another(self, operation: Any) -> Any:
        """Return one more layer of the kind, changed as that one is."""
        if id(operation) in self._change.made:
            return self._change.made[id(operation)]()
        new = self._change.instead.get(id(operation))
        made = self._new(new) if new is not None else self._copy(operation)
        return self._keras.layers.TimeDistributed(made) if id(operation) in self._change.wrapped else made

    def _new(self, new: New) -> Any:
        return getattr(self._keras.layers, new.kind)(**new.arguments)

    def _copy(self, operation: Any) -> Any:
        settings = self._change.settings.get(id(operation), {})
        if not _copyable(operation):
            if settings:
                raise Undecidable("a layer that cannot be made from its config")
            return operation
        try:
            config = copy.deepcopy(operation.get_config())
            _unbuilt(config)
            _set(config, settings)
            return type(operation).from_config(config)
        except Exception as error:
            if settings:
                raise
            if id(operation) in self._plan.made:
                return self._plan.made[id(operation)](type(operation))
            if getattr(operation, "built", False) and getattr(operation, "weights", None):
                raise Undecidable("a layer that cannot be made from its config") from error
            return operation


def _set(config: dict[str, Any], settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if name != "inner":
            config[name] = value
            continue
        for key in INNER:
            if isinstance(config.get(key), dict):
                _set(config[key]["config"], value)


def _unbuilt(config: Any) -> None:
    """Drop from a config the shapes for which the layers inside were built: a copy is built by its own inputs."""
    for inner in config.values() if isinstance(config, dict) else config:
        if isinstance(inner, dict | list):
            _unbuilt(inner)
    if isinstance(config, dict) and "class_name" in config:
        config.pop("build_config", None)


def _copyable(operation: Any) -> bool:
    """Return whether a layer is made anew from its config: not functions in a Lambda, and not plain operations."""
    if not wants.is_layer(operation) or wants.is_model(operation):
        return False
    return not any(cls.__name__ in ("Lambda", "TFOpLambda", "SlicingOpLambda") for cls in type(operation).__mro__)


def _checked(given: Any, shape: Shape | None, name: str, dtype: str | None) -> Any:
    """Return the tensor when a nested model's Input takes it."""
    del dtype
    found = specs.shape_of(given)
    if shape is None or found is None:
        return given
    agrees = len(found) == len(shape) and all(
        a is None or b is None or a == b for a, b in zip(found[1:], shape[1:], strict=True)
    )
    if not agrees:
        raise WrongInputShape(f"Input {name!r} takes {shape}, given is {found}")
    return given
