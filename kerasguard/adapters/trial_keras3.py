"""The trial under Keras 3: its data checks, throw-away losses and metrics, and a scope that changes no variable."""

from __future__ import annotations

import contextlib
import inspect
import traceback
import types
from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src import losses as losses_module
from keras.src import metrics as metrics_module
from keras.src.backend import KerasTensor, compute_output_spec, config, standardize_dtype
from keras.src.backend.common import global_state
from keras.src.backend.common.stateless_scope import StatelessScope
from keras.src.trainers import compile_utils, data_adapters, trainer
from keras.src.trainers.data_adapters import array_data_adapter, data_adapter_utils

from kerasguard.adapters.specs import kind_of, leaves, map_leaves, spec_of
from kerasguard.adapters.taking_over import take_over
from kerasguard.adapters.trial_loss import LossCall, spy_on

try:
    from keras.src.trainers.data_adapters import array_slicing
except ImportError:  # Keras before 3.4 splits and converts elsewhere
    array_slicing = None

KEEPS_TENSORS = False  # float tensors become floatx like arrays
LAZY = frozenset({"generator", "pydataset"})


def tables() -> list[MutableMapping[Any, Any]]:
    """Return the package's global state of this thread: name counters, scopes, settings."""
    found = [vars(global_state.GLOBAL_STATE_TRACKER)]
    settings = getattr(global_state, "GLOBAL_SETTINGS_TRACKER", None)
    return found if settings is None else [*found, vars(settings)]


class _Frozen(StatelessScope):
    """A scope in which every variable has a value, also for regularizers, and none is assigned."""

    def get_current_value(self, variable: Any) -> Any:
        value = super().get_current_value(variable)
        if value is None:
            value = getattr(variable, "_value", None)
        if value is None and getattr(variable, "_initializer", None) is not None:
            value = variable._initializer(variable._shape, dtype=variable._dtype)
        return value


@contextlib.contextmanager
def sandbox(*, stateless: bool) -> Iterator[None]:
    """No variable is assigned or allocated inside (`stateless`), and Keras keeps its tracebacks whole."""
    global_state.set_global_attribute("traceback_filtering", value=False)
    if not stateless:
        yield
        return
    options: dict[str, Any] = {"collect_losses": True}
    if "initialize_variables" in inspect.signature(StatelessScope.__init__).parameters:
        options["initialize_variables"] = False
    with _Frozen(**options):
        try:
            yield
        finally:
            # older releases would now allocate what was only described
            global_state.set_global_attribute("uninitialized_variables", [])


def check_data(call: Any) -> None:
    """Raise what Keras' data adapter raises on these objects, without iterating over any of them."""
    x, y, weight = call.x, call.y, call.sample_weight
    if array_data_adapter.can_convert_arrays((x, y, weight)):
        data_adapters.get_data_adapter(x, y, weight, batch_size=call.options.get("batch_size"))
        if call.options.get("class_weight") is not None and (weight is not None or len(leaves(y)) > 1):
            raise ValueError("`class_weight` goes with one array of labels and no `sample_weight`.")
    elif kind_of(x) in LAZY or isinstance(x, types.GeneratorType):
        for name, given in (("y", y), ("sample_weights", weight)):
            if given is not None:
                data_adapters.raise_unsupported_arg(name, "they", type(x).__name__)
    else:
        data_adapters.get_data_adapter(x, y, weight)


def check_single_batch(call: Any) -> None:
    """Do nothing: ``*_on_batch`` passes its arrays straight on."""


def split(data: Any, fraction: float) -> tuple[int, int]:
    """Return the rows that training and validation get, raising what Keras' split raises."""

    def ghost(leaf: Any) -> Any:  # as many rows and no values: Keras' own code decides at no cost
        spec = spec_of(leaf)
        rows = tuple(size or 0 for size in (spec.shape or ())[:1])
        return np.broadcast_to(np.int8(0), rows) if rows and spec.kind in {"numpy", "eager"} else leaf

    where = array_slicing if array_slicing is not None else data_adapter_utils
    train, held_out = where.train_validation_split(map_leaves(data, ghost), validation_split=fraction)
    first = next(leaf for _, leaf in leaves(train) if leaf is not None)
    second = next(leaf for _, leaf in leaves(held_out) if leaf is not None)
    return _rows(first), _rows(second)


def _rows(sliced: Any) -> int:
    return int(getattr(sliced, "array", sliced).shape[0])


def batch_dtype(dtype: str) -> str:
    """Return the dtype in which a numeric array reaches the model."""
    return str(config.floatx()) if dtype.startswith(("float", "bfloat")) else dtype


def convert(rows: Any) -> Any:
    """Return a few rows of an unusual leaf as the data adapter would pass them on."""
    if array_slicing is None:
        return array_data_adapter.convert_to_arrays(rows)
    return array_slicing.convert_to_sliceable(rows, target_backend="tensorflow")


def unpack(data: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample weights of a batch."""
    found: tuple[Any, Any, Any] = data_adapter_utils.unpack_x_y_sample_weight(data)
    return found


def assert_compiled(model: Any, entry: str) -> None:
    """Raise what Keras raises on a model that was not compiled."""
    model._assert_compile_called(entry)


def throw_away(model: Any, calls: list[LossCall]) -> None:
    """Give the model fresh losses and metrics from the user's configuration; `calls` records what the losses get."""
    held = vars(model)
    loss, metrics = held.get("_compile_loss"), held.get("_compile_metrics")
    if loss is not None:
        spies = spy_on(loss._user_loss, lambda identifier: _Spy(identifier, calls))
        held["_compile_loss"] = compile_utils.CompileLoss(
            spies, loss._user_loss_weights, output_names=getattr(model, "output_names", None)
        )
    if metrics is not None:
        held["_compile_metrics"] = compile_utils.CompileMetrics(
            metrics._user_metrics, metrics._user_weighted_metrics, output_names=getattr(model, "output_names", None)
        )
    if held.get("_loss_tracker") is not None:
        held["_loss_tracker"] = metrics_module.Mean(name="loss")


class _Spy(losses_module.Loss):
    """Passes on to the user's loss and records what it was given."""

    def __init__(self, identifier: Any, calls: list[LossCall]) -> None:
        name = identifier if isinstance(identifier, str) else getattr(identifier, "name", None)
        super().__init__(name=name or getattr(identifier, "__name__", None))
        self._identifier = identifier
        self._calls = calls

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        loss = compile_utils.get_loss(self._identifier, y_true, y_pred)
        self._calls.append(LossCall(loss, y_true, y_pred))
        return loss(y_true, y_pred, sample_weight)


def train_forward(model: Any, data: Any) -> Any:
    """Do what the default training step does, without gradients and optimizer; return the output."""
    x, y, weight = unpack(data)
    output = model(x, training=True) if model._call_has_training_arg else model(x)
    loss = getattr(model, "_compute_loss", model.compute_loss)
    extra = {"training": True} if hasattr(model, "_compute_loss") else {}
    loss(x=x, y=y, y_pred=output, sample_weight=weight, **extra)
    model.compute_metrics(x, y, output, sample_weight=weight)
    return output


def build_for_step(model: Any, data: Any) -> None:
    """Give an unbuilt model its variables before a training step of the user's own asks for gradients."""
    if all(layer.built for layer in model._flatten_layers()):
        return
    x, _, _ = unpack(data)
    symbolic = map_leaves(x, lambda leaf: KerasTensor(tuple(leaf.shape), standardize_dtype(leaf.dtype)))
    # A model that only trains (its step calls its parts) has no call to ask.
    with tf.init_scope(), contextlib.suppress(NotImplementedError):
        compute_output_spec(model, symbolic)


def needs_variables(error: BaseException) -> bool:
    """Whether a layer failed only because it makes variables of values, for which there is no room in the sandbox."""
    innermost = list(traceback.walk_tb(error.__traceback__))[-1:]
    return any(
        frame.f_globals.get("__name__") == "keras.src.backend.common.variables" and frame.f_code.co_name == "__init__"
        for frame, _ in innermost
    )


def forget_build(layer: Any, built_before: frozenset[int]) -> None:
    """Make a layer that the failing call built unbuilt again, from its config where it has one."""
    held = vars(layer)
    if type(layer).__name__ == "Sequential" or "_functional" in held:
        added = held["_layers"]
        inferred = added and type(added[0]).__name__ == "InputLayer" and id(added[0]) not in built_before
        held["_layers"] = list(added[1:] if inferred else added)
        held.update(built=False, _functional=None)
        return
    fresh = _clone(layer)
    if fresh is None:
        held["built"] = False
        tracker = held.get("_tracker")
        if hasattr(tracker, "unlock"):  # Keras 3.0 does not lock
            tracker.unlock()
        return
    bound = {name: held[name] for name in ("build", "quantize") if name in held}  # closures over the live layer
    held.clear()
    held.update(vars(fresh))
    held.update(bound)


def _clone(layer: Any) -> Any:
    if "_flatten_layers" in dir(layer) and hasattr(layer, "fit"):
        return None  # a model keeps its layers; they are reset one by one
    try:
        return type(layer).from_config(layer.get_config())
    except Exception:  # noqa: BLE001 - any class of the user's may refuse in any way; it is then reset in place
        return None


def go_on_as(new: Any, old: Any) -> None:
    """Give a model that was made again what the program gave the first one: what ``compile`` keeps, attributes."""
    if hasattr(old, "fit"):
        take_over(new, old, {*vars(trainer.Trainer()), "optimizer", "_compile_config"})


def nodes_of(tensor: Any) -> Any:
    """Return the operation that made a KerasTensor."""
    return getattr(getattr(tensor, "_keras_history", None), "operation", None)
