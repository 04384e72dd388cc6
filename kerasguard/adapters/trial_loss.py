"""What a loss would accept and should not: ranks, broadcasting and label values beside the trace."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kerasguard.adapters.specs import dtype_of, read, shape_of
from kerasguard.vocabulary import Shape

_MANY = 10_000_000  # arrays with more values are not read
_NOT_ELEMENTWISE = ("sparse", "ctc", "circle", "triplet", "contrastive")
_SHAPE_ONLY = frozenset({"Cast", "ExpandDims", "Squeeze", "Reshape", "Identity", "StopGradient"})


class RefusedByRule(ValueError):  # noqa: N818 - an outcome, raised nowhere else
    """A mistake that Keras accepts or finds only while running; ``rule`` names it."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.met: tuple[Any, Shape, Shape] | None = None  # the loss, and the shapes that it compared


@dataclass
class LossCall:
    """One call of a compiled loss during the trace: the loss and what it was given."""

    loss: Any
    y_true: Any
    y_pred: Any


@dataclass
class Labels:
    """The arrays behind the placeholders of a trace, by the placeholder's name."""

    arrays: dict[str, Any] = field(default_factory=dict)

    def behind(self, tensor: Any) -> Any:
        """Return the user's array that a tensor was made from by casts and reshapes alone, or None."""
        operation = getattr(tensor, "op", None)
        for _ in range(8):
            if operation is None:
                return None
            if operation.name in self.arrays:
                return self.arrays[operation.name]
            if operation.type == "SelectV2":  # Keras 3 counts negative ids from the end
                operation = operation.inputs[2].op
            elif operation.type in _SHAPE_ONLY:
                operation = operation.inputs[0].op
            else:
                return None
        return None


def loss_name(loss: Any) -> str | None:
    """Return the plain lower-case name of a Keras loss, None for a loss of the user's own."""
    function = read(loss, "fn")
    for candidate in (function, type(loss)):
        module = str(getattr(candidate, "__module__", ""))
        name = getattr(candidate, "__name__", "")
        if module.partition(".")[0] in {"keras", "tf_keras"} and name not in {"LossFunctionWrapper", "Loss", ""}:
            return str(name).replace("_", "").lower()
        if candidate is function and function is not None:
            return None
    return None


def check_losses(calls: list[LossCall], labels: Labels) -> None:
    """Apply the rules to every loss call of a trace.

    Raises
    ------
    RefusedByRule
        Where Keras would broadcast silently, learn nothing, or fail only on the values.
    """
    for call in calls:
        name = loss_name(call.loss)
        true, pred = shape_of(call.y_true), shape_of(call.y_pred)
        if name is None or true is None or pred is None or not pred:
            continue
        try:
            if name.startswith("sparsecategorical"):
                _check_sparse(call, true, pred, labels)
            elif not any(word in name for word in _NOT_ELEMENTWISE):
                _check_elementwise(name, true, pred)
        except RefusedByRule as refusal:
            refusal.met = (call.loss, true, pred)
            raise


def check_lookups(graph: Any, labels: Labels) -> None:
    """Require that ids given as an array at hand lie within the rows of the tables that they are looked up in.

    Raises
    ------
    RefusedByRule
        An embedding is too small; Keras finds that only while running.
    """
    for operation in graph.get_operations():
        if operation.type not in {"ResourceGather", "GatherV2"}:
            continue
        array = labels.behind(operation.inputs[1])
        rows = None if array is None else _table_rows(operation)
        bounds = None if rows is None else value_range(array)
        if rows is not None and bounds is not None and (bounds[0] < -rows or bounds[1] >= rows):
            raise RefusedByRule("id-range", f"ids lie outside the {rows} rows of an embedding")


def _table_rows(operation: Any) -> int | None:
    """Return the number of rows of a table of weights, None where another tensor is gathered from."""
    if operation.type == "ResourceGather":
        from tensorflow.python.ops import handle_data_util

        data = handle_data_util.get_resource_handle_data(operation.inputs[0])
        sizes = data.shape_and_type[0].shape.dim if data is not None and data.shape_and_type else ()
        return int(sizes[0].size) if sizes and sizes[0].size >= 0 else None
    table = operation.inputs[0]
    source = table.op
    while source.type in _SHAPE_ONLY:
        source = source.inputs[0].op
    shape = shape_of(table)
    drawn = source.type == "ReadVariableOp" or "Random" in source.type or source.type in {"Add", "AddV2"}
    return shape[0] if shape and drawn else None


def _check_elementwise(name: str, true: Shape, pred: Shape) -> None:
    if name.startswith("categorical") and pred[-1] == 1:
        raise RefusedByRule("one-unit", f"{name} on an output with one unit is constant: {pred}")
    if len(true) != len(pred):
        short, long = sorted((true, pred), key=len)
        if len(long) - len(short) == 1 and long[-1] == 1 and _same(short, long[:-1]):
            return  # Keras adds or drops the last axis
        raise RefusedByRule("rank", f"labels {true} and output {pred} differ in rank")
    for given, made in zip(true, pred, strict=True):
        if given is not None and made is not None and given != made and 1 in (given, made):
            raise RefusedByRule("broadcast", f"labels {true} would be broadcast against the output {pred}")


def _same(a: Shape, b: Shape) -> bool:
    return all(x is None or y is None or x == y for x, y in zip(a, b, strict=True))


def _check_sparse(call: LossCall, true: Shape, pred: Shape, labels: Labels) -> None:
    classes = pred[-1]
    if classes == 1:
        raise RefusedByRule("one-unit", f"a sparse cross-entropy needs one unit per class, the output is {pred}")
    if len(true) == len(pred) and true[-1] not in (1, None):
        raise RefusedByRule("one-hot", f"a sparse loss wants class numbers, the labels have shape {true}")
    if len(pred) - len(true) not in (0, 1):
        raise RefusedByRule("rank", f"labels {true} do not number the classes of an output {pred}")
    given = true[:-1] if len(true) == len(pred) else true
    if not _same(given, pred[:-1]):
        raise RefusedByRule("rank", f"labels {true} do not number the classes of an output {pred}")
    array = labels.behind(call.y_true)
    if array is None or classes is None or _ignores_a_class(call.loss):
        return
    bounds = value_range(array)
    if bounds is not None and (bounds[0] < 0 or bounds[1] >= classes):
        raise RefusedByRule("label-range", f"labels lie outside the {classes} classes of the output")


def _ignores_a_class(loss: Any) -> bool:
    given = getattr(loss, "_fn_kwargs", {})
    return getattr(loss, "ignore_class", None) is not None or given.get("ignore_class") is not None


def value_range(array: Any) -> tuple[float, float] | None:
    """Return least and greatest value of an array at hand, None where it is large, empty or holds no numbers."""
    numpy = sys.modules.get("numpy")
    shape = shape_of(array)
    kind = dtype_of(array) or ""
    if numpy is None or shape is None or not kind.startswith(("int", "uint", "float", "bool")):
        return None
    size = 1
    for axis in shape:
        size *= axis or 0
    if not 0 < size < _MANY:
        return None
    values = (
        numpy.ndarray.view(array, numpy.ndarray)
        if isinstance(array, numpy.ndarray)
        else getattr(array, "numpy", lambda: None)()
    )
    return None if values is None else (float(values.min()), float(values.max()))


def spy_on(losses: Any, wrap: Callable[[Any], Any]) -> Any:
    """Return the structure of losses that the user compiled with every loss wrapped."""
    if isinstance(losses, dict):
        return {key: spy_on(item, wrap) for key, item in losses.items()}
    if isinstance(losses, (list, tuple)):
        return type(losses)([spy_on(item, wrap) for item in losses])
    return None if losses is None else wrap(losses)
