"""The trial under tf_keras: its data checks, throw-away losses and metrics, and layers made unbuilt again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np
import tensorflow as tf
from tf_keras.src import backend
from tf_keras.src import losses as losses_module
from tf_keras.src.engine import compile_utils, data_adapter

from kerasguard.adapters.specs import kind_of, leaves, map_leaves, spec_of
from kerasguard.adapters.taking_over import take_over
from kerasguard.adapters.trial_loss import LossCall, spy_on

KEEPS_TENSORS = True  # tensors keep their dtype, arrays become floatx
_ADAPTERS_OF_ARRAYS = ("TensorLike", "GenericArrayLike", "Composite", "ListsOfScalars")
_COMPILED = frozenset(
    {
        "optimizer", "loss", "compiled_loss", "compiled_metrics", "_is_compiled", "_run_eagerly", "_jit_compile",
        "_compile_config", "_steps_per_execution", "_from_serialized",
    }
)  # fmt: skip
_MANY = 1_000_000  # Python lists with more numbers are not made into an array


def tables() -> list[MutableMapping[Any, Any]]:
    """Return the package's global state: name counters and the graph that owns them."""
    return [backend.PER_GRAPH_OBJECT_NAME_UIDS, vars(backend._GRAPH), vars(backend._CURRENT_SCRATCH_GRAPH)]


@contextlib.contextmanager
def sandbox(*, stateless: bool) -> Iterator[None]:
    """Keep tracebacks whole; a graph that is never run changes no variable."""
    del stateless
    filtered = tf.debugging.is_traceback_filtering_enabled()
    observed = set(backend.OBSERVED_NAMES)
    tf.debugging.disable_traceback_filtering()
    try:
        yield
    finally:
        backend.OBSERVED_NAMES.clear()
        backend.OBSERVED_NAMES.update(observed)
        if filtered:
            tf.debugging.enable_traceback_filtering()


def check_data(call: Any) -> None:
    """Raise what Keras' data adapter raises on these objects, without iterating over any of them."""
    x, y, weight = call.x, call.y, call.sample_weight
    adapter = data_adapter.select_data_adapter(x, y)
    if adapter.__name__.startswith(_ADAPTERS_OF_ARRAYS):
        if call.options.get("class_weight") is not None and len(leaves(y)) > 1:
            raise ValueError("`class_weight` is only supported for Models with a single output.")
        packed = data_adapter.pack_x_y_sample_weight(*(map_leaves(part, _ghost) for part in (x, y, weight)))
        data_adapter._check_data_cardinality(packed)
    elif y is not None or weight is not None:
        raise ValueError(f"`y` and `sample_weight` are not supported when `x` is a {kind_of(x)}.")


def check_single_batch(call: Any) -> None:
    """Raise what Keras raises on the one batch of an ``*_on_batch`` method."""
    parts = [map_leaves(part, lambda leaf: leaf) for part in (call.x, call.y, call.sample_weight)]
    packed = data_adapter.pack_x_y_sample_weight(*parts)
    data_adapter._check_data_cardinality(packed)


def _ghost(leaf: Any) -> Any:
    """Return an array with as many rows and no values."""
    if leaf is None:
        return None
    if isinstance(leaf, (list, tuple)):
        return np.asarray(leaf)
    shape = spec_of(leaf).shape
    return np.broadcast_to(np.int8(0), tuple(size or 0 for size in shape[:1])) if shape is not None else leaf


def split(data: Any, fraction: float) -> tuple[int, int]:
    """Return the rows that training and validation get, raising what Keras' split raises."""

    def ghost(leaf: Any) -> Any:
        return _ghost(leaf) if spec_of(leaf).kind in {"numpy", "eager", "dataframe"} else leaf

    train, held_out = data_adapter.train_validation_split(map_leaves(data, ghost), validation_split=fraction)
    first = next(leaf for _, leaf in leaves(train) if leaf is not None)
    second = next(leaf for _, leaf in leaves(held_out) if leaf is not None)
    return int(first.shape[0]), int(second.shape[0])


def batch_dtype(dtype: str) -> str:
    """Return the dtype in which a numeric array reaches the model."""
    return str(backend.floatx()) if dtype.startswith("float") else dtype


def convert(rows: Any) -> Any:
    """Return a few rows of an unusual leaf as the data adapter would pass them on."""
    if isinstance(rows, (list, tuple)):
        rows = np.asarray(rows)
    found = data_adapter._process_tensorlike(rows)
    return found if hasattr(found, "dtype") else tf.convert_to_tensor(found)


def unpack(data: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample weights of a batch."""
    found: tuple[Any, Any, Any] = data_adapter.unpack_x_y_sample_weight(data)
    return found


def assert_compiled(model: Any, entry: str) -> None:
    """Raise what Keras raises on a model that was not compiled."""
    del entry
    model._assert_compile_was_called()


def throw_away(model: Any, calls: list[LossCall]) -> None:
    """Give the model fresh losses and metrics from the user's configuration; `calls` records what the losses get."""
    held = vars(model)
    loss, metrics = held.get("compiled_loss"), held.get("compiled_metrics")
    names = getattr(model, "output_names", None)
    if isinstance(loss, compile_utils.LossesContainer):
        spies = spy_on(loss._user_losses, lambda identifier: _spy(loss, identifier, calls))
        held["compiled_loss"] = compile_utils.LossesContainer(spies, loss._user_loss_weights, output_names=names)
    if isinstance(metrics, compile_utils.MetricsContainer):
        held["compiled_metrics"] = compile_utils.MetricsContainer(
            metrics._user_metrics,
            metrics._user_weighted_metrics,
            output_names=names,
            from_serialized=metrics._from_serialized,
        )


class _Spy(losses_module.Loss):
    """Passes on to the user's loss and records what it was given."""

    def __init__(self, loss: Any, calls: list[LossCall]) -> None:
        super().__init__(reduction=loss.reduction, name=loss.name)
        self._loss = loss
        self._calls = calls

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        self._calls.append(LossCall(self._loss, y_true, y_pred))
        return self._loss(y_true, y_pred, sample_weight=sample_weight)


def _spy(container: Any, identifier: Any, calls: list[LossCall]) -> Any:
    loss = container._get_loss_object(identifier)
    return None if loss is None else _Spy(loss, calls)


def train_forward(model: Any, data: Any) -> Any:
    """Do what the default training step does, without gradients and optimizer; return the output."""
    x, y, weight = unpack(data)
    output = model(x, training=True)
    model._validate_target_and_loss(y, model.compute_loss(x, y, output, weight))
    model.compute_metrics(x, y, output, weight)
    return output


def build_for_step(model: Any, data: Any) -> None:
    """Do nothing: a training step makes its variables where they are needed."""


def needs_variables(error: BaseException) -> bool:
    """Return False: variables are never kept from being made."""
    del error
    return False


def forget_build(layer: Any, built_before: frozenset[int]) -> None:
    """Make a layer that the failing call built unbuilt again, from its config where it has one."""
    held = vars(layer)
    if "_inferred_input_shape" in held and "_has_explicit_input_shape" in held:
        held.update(
            built=False,
            inputs=None,
            outputs=None,
            _graph_initialized=False,
            _inferred_input_shape=None,
            _use_legacy_deferred_behavior=False,
            _created_nodes=set(),
            _build_input_shape=None,
            _saved_model_inputs_spec=None,
            _self_tracked_trackables=[
                kept for kept in layer._self_tracked_trackables if not _inferred(kept, built_before)
            ],
        )
        return
    fresh = _clone(layer)
    if fresh is None:
        held.update(built=False, _saved_model_inputs_spec=None)
        return
    held.clear()
    held.update(vars(fresh))


def _inferred(layer: Any, built_before: frozenset[int]) -> bool:
    return type(layer).__name__ == "InputLayer" and id(layer) not in built_before


def _clone(layer: Any) -> Any:
    if hasattr(layer, "fit"):
        return None  # a model keeps its layers; they are reset one by one
    try:
        return type(layer).from_config(layer.get_config())
    except Exception:  # noqa: BLE001 - any class of the user's may refuse in any way; it is then reset in place
        return None


def go_on_as(new: Any, old: Any) -> None:
    """Give a model that was made again what the program gave the first one: what ``compile`` keeps, attributes."""
    if hasattr(old, "fit"):
        take_over(new, old, _COMPILED)


def nodes_of(tensor: Any) -> Any:
    """Return the layer that made a KerasTensor."""
    history = getattr(tensor, "_keras_history", None)
    return getattr(history, "layer", None)
