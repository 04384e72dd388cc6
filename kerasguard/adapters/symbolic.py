"""Try a piece of model building on symbolic tensors, and read the graph behind them; nothing stays behind."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tensorflow as tf

from kerasguard.adapters.kits import NO_TRIAL, kit_of
from kerasguard.adapters.specs import kind_of, leaves, read, shape_of
from kerasguard.adapters.trial import Outcome
from kerasguard.adapters.trial_graph import Undecidable, quiet, variables_without_values
from kerasguard.adapters.trial_state import Snapshot
from kerasguard.adapters.wants import is_input_layer
from kerasguard.provenance.access import is_a

MOST_NODES = 5_000
SYMBOLIC = frozenset({"keras", "symbolic"})


def flavour(*things: Any) -> str | None:
    """Return ``keras`` or ``tf_keras`` for the first object, class or function that belongs to one of them."""
    for thing in things:
        for root in _roots(thing):
            if root in ("keras", "tf_keras"):
                return root
    return None


def _roots(thing: Any) -> Iterator[str]:
    if isinstance(thing, type):
        yield from (cls.__module__.partition(".")[0] for cls in thing.__mro__)
    elif inspect.isroutine(thing):
        yield str(getattr(thing, "__module__", "") or "").partition(".")[0]
    elif inspect.ismodule(thing):
        yield thing.__name__.partition(".")[0]
    else:
        yield from (cls.__module__.partition(".")[0] for cls in type(thing).__mro__)


def attempt(
    make: Callable[[], Any],
    involved: Iterable[Any],
    root: str | None,
    says: str = "it returns",
    *,
    stateless: bool = True,
) -> Outcome:
    """Run `make`, which builds layers or graph nodes, and take back everything it did.

    Parameters
    ----------
    make
        Calls Keras only; what it returns is described in the outcome.
    involved
        Live objects it touches: layers, models, symbolic tensors.
    root
        Which Keras, as `flavour` says.
    says
        How the note goes on before the shapes.
    stateless
        Variables are described only; what makes real ones at once (an optimizer) needs False.
    """
    kit = kit_of(root)
    if kit is None:
        return Outcome(accepted=False, error=None, note=NO_TRIAL)
    start = time.perf_counter()
    try:
        with tf.init_scope():
            snapshot = Snapshot(list(_touched(involved, kit)), kit.tables())
            try:
                with quiet(), kit.sandbox(stateless=stateless), variables_without_values():
                    made = make()
                    shapes = [shape_of(leaf) for _, leaf in leaves(made) if kind_of(leaf) in SYMBOLIC]
            finally:
                snapshot.restore()
    except Undecidable as doubt:
        return Outcome(accepted=False, error=None, note=f"undecidable: {doubt}")
    except Exception as error:  # noqa: BLE001 - whatever Keras or a user's layer raises is the outcome
        return Outcome(accepted=False, error=error, note=f"refused: {type(error).__name__}")
    note = f"{says} {', '.join(map(str, shapes))}" if shapes else "it is accepted"
    return Outcome(accepted=True, note=note, output_shapes=shapes, seconds=time.perf_counter() - start)


def _touched(involved: Iterable[Any], kit: Any) -> Iterator[Any]:
    for thing in involved:
        for _, leaf in leaves(thing):
            kind = kind_of(leaf)
            if kind == "keras":
                yield leaf
                with contextlib.suppress(AttributeError, IndexError, TypeError):
                    node = kit.nodes_of(leaf)
                    if node is not None:
                        yield node
                maker = maker_of(leaf)
                if maker is not None:
                    yield maker
            elif kind in ("layer", "model"):
                yield leaf


def is_nothing(value: Any) -> bool:
    """Return whether a value is None, or the symbolic tensor that tf_keras makes of a None."""
    return value is None or type(read(value, "type_spec")).__name__ == "NoneTensorSpec"


def maker_of(tensor: Any) -> Any:
    """Return the layer or operation that made a symbolic tensor."""
    history = read(tensor, "_keras_history")
    return history[0] if is_a(history, tuple) and history else None


def node_of(tensor: Any) -> Any:
    """Return the node of the graph that made a symbolic tensor."""
    history = getattr(tensor, "_keras_history", None)
    if not history:
        return None
    nodes = getattr(history[0], "_inbound_nodes", [])
    return nodes[history[1]] if history[1] < len(nodes) else None


def parents(tensor: Any) -> list[Any]:
    """Return the symbolic tensors from which one was computed."""
    node = node_of(tensor)
    if node is None:
        return []
    found = getattr(node, "input_tensors", None)
    if found is None:
        found = getattr(node, "keras_inputs", [])
    found = found if isinstance(found, list | tuple) else [found]
    return [one for one in found if kind_of(one) == "keras" and one is not tensor]


def outputs_of(node: Any) -> list[Any]:
    """Return the symbolic tensors that a node made."""
    found = getattr(node, "output_tensors", None)
    if found is None:
        found = getattr(node, "outputs", [])
    return [leaf for _, leaf in leaves(found)]


def inputs_behind(tensors: Iterable[Any]) -> list[Any]:
    """Return the Inputs from which symbolic tensors are computed."""
    found: list[Any] = []
    seen: set[int] = set()
    waiting = list(tensors)
    while waiting and len(seen) < MOST_NODES:
        tensor = waiting.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        before = parents(tensor)
        if not before and is_input_layer(maker_of(tensor)):
            found.append(tensor)
        waiting += before
    return found


def nodes_after(tensors: Iterable[Any]) -> list[Any]:
    """Return every node computed from the tensors, in the order in which it is found."""
    found: list[Any] = []
    seen: set[int] = set()
    waiting = [maker_of(tensor) for tensor in tensors]
    while waiting and len(seen) < MOST_NODES:
        maker = waiting.pop(0)
        if maker is None or id(maker) in seen:
            continue
        seen.add(id(maker))
        for node in getattr(maker, "_outbound_nodes", []):
            if all(node is not known for known in found):
                found.append(node)
                waiting.append(getattr(node, "operation", None) or getattr(node, "layer", None))
    return found


def is_leaf(tensor: Any) -> bool:
    """Return whether no layer has taken this symbolic tensor yet."""
    maker = maker_of(tensor)
    for node in getattr(maker, "_outbound_nodes", []):
        taken = getattr(node, "input_tensors", None)
        if taken is None:
            taken = getattr(node, "keras_inputs", [])
        if any(one is tensor for one in (taken if isinstance(taken, list | tuple) else [taken])):
            return False
    return True


def functional(root: str, inputs: Any, outputs: Any) -> Any:
    """Build a functional model; for use inside `attempt`."""
    package = _package(root)
    return package.Model(inputs=inputs, outputs=outputs).outputs


def input_like(root: str, shape: Any, dtype: str | None, batch: int | None = None) -> Any:
    """Make an Input; for use inside `attempt`."""
    return _package(root).Input(shape=shape, dtype=dtype, batch_size=batch)


def _package(root: str) -> Any:
    import sys

    return sys.modules[root]
