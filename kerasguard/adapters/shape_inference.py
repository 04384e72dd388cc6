"""Shapes that TensorFlow functions give, read off a scratch graph: nothing runs, nothing is left behind."""

from __future__ import annotations

import sys
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.specs import map_leaves, read, shape_of
from kerasguard.provenance.values import UNKNOWN, Ghost, ghost_of, is_array, is_tensor

# Ops only build graph nodes in a scratch graph; these modules do more than that (variables, files, callbacks, state).
EXCLUDED = (
    "variable",
    "summary",
    "lookup",
    "script_ops",
    "logging",
    "stateful_random",
    "control_flow",
    "functional_ops",
    "map_fn",
    "while",
)
OPS = (
    "tensorflow.python.ops",
    "tensorflow.python.framework.constant_op",
    "tensorflow.python.framework.tensor_conversion",
)
MAX_CONSTANT = 4096


def infer(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what a TensorFlow function gives for abstract arguments.

    Parameters
    ----------
    function : callable
        A function of TensorFlow's op modules, or a model or layer that was called before; for anything else the answer is
        UNKNOWN.
    args, kwargs
        Live values and Ghosts.

    Returns
    -------
    object
        A tree of Ghosts, or UNKNOWN.
    """
    if wants.is_layer(function):
        return _called(function, args)
    module = getattr(function, "__module__", "") or ""
    if not module.startswith(OPS) or any(word in module for word in EXCLUDED):
        return _variable(function, args, kwargs)
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or any(
        callable(a) and not hasattr(a, "shape") for a in (*args, *kwargs.values()) if not isinstance(a, type)
    ):
        return UNKNOWN
    from tensorflow.python.framework.func_graph import FuncGraph

    graph = FuncGraph("kerasguard_shapes")
    try:
        with graph.as_default():
            made = function(*_placed(args, tensorflow), **_placed(kwargs, tensorflow))
            return _ghosts(made)
    except Exception:  # noqa: BLE001  # what TensorFlow says of odd arguments is not our business
        return UNKNOWN


def _called(layer: Any, args: tuple[Any, ...]) -> Any:
    """Return what a model or layer gives, by the graph that it was built in."""
    given = ghost_of(args[0]) if len(args) == 1 else None
    if given is None or not given.shape:
        return UNKNOWN
    outputs = outputs_of(layer)
    if outputs is None:
        units = read(layer, "units") if type(layer).__name__ == "Dense" else None
        return Ghost((*given.shape[:-1], units), None, "eager") if isinstance(units, int) else UNKNOWN
    rows = given.shape[0]
    return map_leaves(outputs, lambda tensor: _with_rows(tensor, rows))


def outputs_of(layer: Any) -> Any:
    """Return the tree of symbolic outputs of a functional model, or of a layer that was called once; None without."""
    if wants.graph_inputs(layer):
        inner = read(layer, "_functional") or layer
        for attribute in ("_outputs_struct", "_nested_outputs", "outputs"):
            found = read(inner, attribute)
            if found is not None:
                return found[0] if isinstance(found, list) and len(found) == 1 else found
    nodes = read(layer, "_inbound_nodes") or []
    if len(nodes) != 1 or wants.is_model(layer):
        return None
    found = read(nodes[0], "output_tensors") or read(nodes[0], "outputs")
    return found[0] if isinstance(found, list | tuple) and len(found) == 1 else found


def _with_rows(tensor: Any, rows: int | None) -> Any:
    shape = shape_of(tensor)
    return UNKNOWN if not shape else Ghost((rows, *shape[1:]), wants.dtype_name(tensor), "eager")


def _variable(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the shape of a variable's initial value: making one would leave it behind."""
    if getattr(function, "__name__", "") == "Variable" and (args or "initial_value" in kwargs):
        ghost = ghost_of(args[0] if args else kwargs["initial_value"])
        return Ghost(ghost.shape, ghost.dtype, "eager") if ghost is not None else UNKNOWN
    return UNKNOWN


def _placed(tree: Any, tensorflow: Any) -> Any:
    if isinstance(tree, Ghost):
        return _placeholder(tree, tensorflow)
    if is_tensor(tree) or (is_array(tree) and tree.size > MAX_CONSTANT):
        return _placeholder(ghost_of(tree), tensorflow)
    if isinstance(tree, list) and len(tree) > MAX_CONSTANT:
        return _placeholder(ghost_of(tree), tensorflow)
    if isinstance(tree, list | tuple):
        return type(tree)(_placed(item, tensorflow) for item in tree) if type(tree) in (list, tuple) else tree
    if isinstance(tree, dict):
        return {key: _placed(item, tensorflow) for key, item in tree.items()}
    return tree


def _placeholder(ghost: Ghost | None, tensorflow: Any) -> Any:
    if ghost is None or ghost.kind in ("dataset", "ragged", "slice"):
        raise TypeError
    dtype = tensorflow.as_dtype(ghost.dtype or "float32")
    return tensorflow.compat.v1.placeholder(dtype, None if ghost.shape is None else list(ghost.shape))


def _ghosts(made: Any) -> Any:
    if isinstance(made, list | tuple) and not hasattr(made, "dtype"):
        return tuple(_ghosts(item) for item in made)
    if isinstance(made, dict):
        return {key: _ghosts(item) for key, item in made.items()}
    shape = getattr(made, "shape", None)
    if shape is None or not hasattr(made, "dtype"):
        return made if isinstance(made, str | int | float | bool | type(None)) else UNKNOWN
    dims = None if getattr(shape, "rank", 0) is None else tuple(shape)
    kind = "ragged" if "Ragged" in type(made).__name__ else "eager"
    return Ghost(dims, getattr(made.dtype, "name", None), kind)
