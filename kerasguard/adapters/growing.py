"""In a function that TensorFlow traces: where rows of one axis meet rows of one column, so that all meet all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from kerasguard.adapters.specs import shape_of
from kerasguard.provenance.user_files import is_user_file
from kerasguard.vocabulary import Shape

BINARY = frozenset({"Sub", "Mul", "AddV2", "Add", "RealDiv", "DivNoNan", "SquaredDifference", "Maximum", "Minimum"})
_COMPARING = frozenset({"Less", "LessEqual", "Greater", "GreaterEqual", "SelectV2"})
_ELEMENTWISE = BINARY | _COMPARING | {
    "Square", "Abs", "Neg", "Sqrt", "Rsqrt", "Log", "Log1p", "Expm1", "Softplus", "Sigmoid", "LogSigmoid", "Tanh", "Pow",
    "Relu", "ClipByValue", "Cast", "Identity", "StopGradient", "CheckNumerics", "Xlogy", "Reciprocal", "Sign",
}  # fmt: skip
_WITHOUT_EFFECT = frozenset({"Shape", "Rank", "Size", "ZerosLike", "OnesLike", "Assert", "Print", "PrintV2"})
_DISTANCES = frozenset(
    {"Square", "SquaredDifference", "Abs", "Pow"}
)  # an exponential of one is a kernel: all pairs are meant
_AXES = frozenset({"ExpandDims", "Reshape", "StridedSlice", "Squeeze", "Transpose", "Tile", "BroadcastTo"})
_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall", "While", "StatelessWhile", "If", "StatelessIf"})
_GRADIENT = "gradient_tape"
_OF_LAYERS = ("/layers/", "/engine/", "\\layers\\", "\\engine\\")
MOST_OPERATIONS = 20_000

_Made = Literal["data", "model", "both", "neither"]


@dataclass(frozen=True)
class Growing:
    """An operation whose result has a value for each pair of rows.

    Attributes
    ----------
    type
        Of the operation.
    filename, lineno
        The user's line that made it.
    labels
        Which operand is the data, 0 or 1.
    shapes
        Of data and output.
    """

    type: str
    filename: str
    lineno: int
    labels: int
    shapes: tuple[Shape, Shape]


def open_graph() -> Any:
    """Return the graph of the function that is being traced, None where operations run at once."""
    ops = sys.modules.get("tensorflow.python.framework.ops")
    graph = None if ops is None else ops.get_default_graph()
    return graph if getattr(graph, "building_function", False) else None


def growing(graph: Any) -> Iterator[Growing]:
    """Yield the operations of a traced function in which data and a model's output meet in shapes that grow."""
    operations = graph.get_operations()
    if len(operations) > MOST_OPERATIONS:
        return
    made = _makers(graph, operations)
    for operation in operations:
        if operation.type in BINARY and not _is_gradient(operation):
            found = _meets(operation, made)
            if found is not None and _is_averaged(operation):
                yield found


def _makers(graph: Any, operations: list[Any]) -> dict[str, _Made]:
    """Return for each operation whether it depends on what the function was given, on weights, or on both."""
    captured = {tensor.op.name for tensor in graph.internal_captures}
    made: dict[str, _Made] = {}
    for operation in operations:
        before = {made.get(tensor.op.name, "neither") for tensor in operation.inputs}
        resources = any(tensor.dtype.name == "resource" for tensor in operation.inputs)
        weights = resources and (
            (operation.type in {"ReadVariableOp", "ResourceGather"} and operation.outputs[0].dtype.is_floating)
            or operation.type in _CALLS
        )
        model = weights or bool(before & {"model", "both"})
        data = bool(before & {"data", "both"}) or operation.type == "IteratorGetNext"
        if operation.type == "Placeholder":
            data = operation.name not in captured and operation.outputs[0].dtype.name not in {"resource", "variant"}
        made[operation.name] = "both" if model and data else "model" if model else "data" if data else "neither"
    return made


def _meets(operation: Any, made: dict[str, _Made]) -> Growing | None:
    shapes = [shape_of(tensor) for tensor in operation.inputs]
    order = next(((one, 1 - one) for one in (0, 1) if grows(shapes[one], shapes[1 - one])), None)
    if order is None:
        return None
    flat, column = (operation.inputs[index] for index in order)
    if _is_data(flat, made) and _is_output(column, made, frozenset()):
        labels = order[0]
    elif _is_data(column, made) and _is_output(flat, made, frozenset({"Squeeze"})):
        labels = order[1]
    else:
        return None
    line = _users_line(operation)
    if line is None:
        return None
    return Growing(operation.type, *line, labels, (shapes[labels] or (), shapes[1 - labels] or ()))


def grows(flat: Shape | None, column: Shape | None) -> bool:
    """Return whether (n,) meets (n, 1), so that the result has n x n values."""
    if flat is None or column is None or len(flat) != 1 or len(column) != 2:
        return False
    return column[1] == 1 and flat[0] == column[0] != 1


def _is_data(tensor: Any, made: dict[str, _Made]) -> bool:
    """Return whether rows that the function was given, as they are, are a part of an expression."""
    return any(
        made.get(leaf.op.name) == "data" and leaf.op.type not in _AXES
        for leaf in _leaves(tensor)
        if shape_of(leaf) is not None and len(shape_of(leaf) or ()) == len(shape_of(tensor) or ())
    )


def _is_output(tensor: Any, made: dict[str, _Made], allowed: frozenset[str]) -> bool:
    """Return whether an expression is made of a model's output, no axis of which was added or dropped by hand."""
    leaves = [leaf for leaf in _leaves(tensor) if made.get(leaf.op.name) in {"model", "both"}]
    by_hand = (leaf for leaf in leaves if leaf.op.type in _AXES - allowed and _users_line(leaf.op) is not None)
    return bool(leaves) and next(by_hand, None) is None


def _leaves(tensor: Any) -> Iterator[Any]:
    """Yield the tensors of the same rank that an expression combines element by element."""
    stack, seen = [tensor], set()
    rank = len(shape_of(tensor) or ())
    while stack:
        one = stack.pop()
        if one.op.name in seen:
            continue
        seen.add(one.op.name)
        inner = [item for item in one.op.inputs if len(shape_of(item) or ()) == rank]
        if one.op.type in _ELEMENTWISE and inner:
            stack += inner
        else:
            yield one


def _is_averaged(operation: Any) -> bool:
    """Return whether all that becomes of a result is an average or a sum: whoever means pairs, treats them as such."""
    stack, seen, reduced = [(operation, False)], {operation.name}, False
    while stack:
        one, distance = stack.pop()
        distance = distance or one.type in _DISTANCES
        inside_layer = None
        for user in one.outputs[0].consumers():
            if _is_gradient(user) or user.type in _WITHOUT_EFFECT or user.name in seen:
                continue
            seen.add(user.name)
            whole = shape_of(user.outputs[0]) == () if user.outputs else False
            if user.type == "Mean" or (user.type == "Sum" and whole):
                inside_layer = _in_layer(user) if inside_layer is None else inside_layer
                if inside_layer and not whole:
                    return False
                reduced = True
            elif user.type in _ELEMENTWISE or (user.type == "Exp" and not distance):
                stack.append((user, distance))
            else:
                return False
    return reduced


def _is_gradient(operation: Any) -> bool:
    return _GRADIENT in operation.name


def _users_line(operation: Any) -> tuple[str, int] | None:
    """Return the user's line that made an operation directly, None where a layer of Keras' own did."""
    for frame in reversed(list(operation.traceback)):
        if is_user_file(frame.filename):
            return frame.filename, frame.lineno
        if any(part in frame.filename for part in _OF_LAYERS):
            return None
    return None


def _in_layer(operation: Any) -> bool:
    """Return whether an operation was made while a layer was called."""
    return any(frame.name == "__call__" and "layer" in frame.filename for frame in operation.traceback)
