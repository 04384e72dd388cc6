"""How outputs hang together with inputs: which Inputs feed them really, and which ends nobody uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kerasguard.adapters import rebuild_plan, specs, wants
from kerasguard.adapters.rebuild import Built, rebuild
from kerasguard.adapters.rebuild_plan import Plan, Slot, leaves, node_of
from kerasguard.event import Event, OpenCall

MOST = 5_000


@dataclass(frozen=True, eq=False)
class Wiring:
    """The ends of a graph.

    Attributes
    ----------
    inputs, outputs
        The symbolic tensors that were passed as such.
    loose
        Inputs that the outputs depend on and that are not listed.
    unused
        Listed inputs that no output depends on.
    layers
        Every layer on the way, each once.
    """

    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    loose: tuple[Any, ...]
    unused: tuple[Any, ...]
    layers: tuple[Any, ...]


def passed(event: Event | OpenCall) -> tuple[Any, Any] | None:
    """Return what was given to a functional model's constructor as inputs and outputs."""
    if event.entry != "functional":
        return None
    found = dict(zip(("inputs", "outputs"), event.args, strict=False))
    found.update({key: value for key, value in event.kwargs.items() if key in ("inputs", "outputs")})
    return (found["inputs"], found["outputs"]) if len(found) == 2 else None


def wiring_of(inputs: Any, outputs: Any) -> Wiring | None:
    """Return how the tensors hang together; None where something else than symbolic tensors was passed."""
    listed, ends = _tensors(inputs), _tensors(outputs)
    if listed is None or ends is None or not listed or not ends:
        return None
    stop = {id(tensor) for tensor in listed}
    seen: dict[int, Any] = {}
    layers: dict[int, Any] = {}
    loose: list[Any] = []
    pending = list(reversed(ends))
    while pending and len(seen) < MOST:
        tensor = pending.pop()
        if id(tensor) in seen:
            continue
        seen[id(tensor)] = tensor
        made = node_of(tensor)
        if made is not None:
            layers[id(made[0])] = made[0]
        if id(tensor) in stop:
            continue
        before = [] if made is None else rebuild_plan.input_tensors(made[1])
        if made is None or (not before and wants.is_input_layer(made[0])):
            loose.append(tensor)
        pending += reversed(before)
    for tensor in listed:
        made = node_of(tensor)
        if made is not None:
            layers[id(made[0])] = made[0]
    unused = tuple(tensor for tensor in listed if id(tensor) not in seen)
    return Wiring(tuple(listed), tuple(ends), tuple(loose), unused, tuple(layers.values()))


def _tensors(tree: Any) -> list[Any] | None:
    found = [leaf for _, leaf in leaves(tree)]
    return found if all(wants.is_keras_tensor(leaf) for leaf in found) else None


def maker(tensor: Any) -> Any:
    """Return the layer that made a tensor."""
    made = node_of(tensor)
    return None if made is None else made[0]


def dangling(tensor: Any) -> Iterator[Any]:
    """Yield the ends of what was made from a tensor and is used by nothing, nearest first; the tensor itself last."""
    pending: list[Any] = [tensor]
    seen: set[int] = set()
    found: list[Any] = []
    while pending and len(seen) < MOST:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        following = list(_made_from(current))
        if not following and current is not tensor:
            found.append(current)
        pending += following
    yield from reversed(found)
    yield tensor


def _made_from(tensor: Any) -> Iterator[Any]:
    layer = maker(tensor)
    for node in list(getattr(layer, "_outbound_nodes", ()) or ()):
        if any(one is tensor for one in rebuild_plan.input_tensors(node)):
            for _, leaf in leaves(getattr(node, "outputs", None)):
                if wants.is_keras_tensor(leaf):
                    yield leaf


def fed(wiring: Wiring, sources: Mapping[int, Any]) -> Built | None:
    """Rebuild the graph with some loose Inputs fed by other tensors.

    Parameters
    ----------
    sources
        By ``id`` of the loose tensor, the tensor that is to take its place.
    """
    plan = _plan(wiring, sources)
    return None if plan is None else rebuild(plan)


def _plan(wiring: Wiring, sources: Mapping[int, Any]) -> Plan | None:
    reader = rebuild_plan.Reader()
    for source in sources.values():
        reader.collect_tree(source)
    count = len(reader.plan.steps)
    reader.collect_tree(list(wiring.outputs))
    plan = reader.plan
    for index, step in enumerate(plan.steps):
        for loose in wiring.loose:
            if id(loose) in sources and reader.slot_of(loose) in step.outputs:
                if index < count:
                    return None  # what is to feed it hangs on it already
                plan.steps[index] = replace(step, args=(Slot(reader.slot_of(sources[id(loose)])),))
    plan.goal, plan.failing = None, len(plan.steps)
    plan.results = tuple(reader.slot_of(tensor) for tensor in wiring.outputs)
    return plan


def same_shape(one: Any, other: Any) -> bool:
    """Return whether two tensors have the same shape."""
    return specs.shape_of(one) == specs.shape_of(other)


def model_inputs(value: Any) -> list[Any]:
    """Return the symbolic inputs of a finished model."""
    return list(wants.graph_inputs(value)) if wants.is_model(value) else []


def model_outputs(value: Any) -> list[Any]:
    """Return the symbolic outputs of a finished model."""
    graph = rebuild_plan.graph_of(value)
    return [] if graph is None else graph.outputs


def stood_in_for(tensor: Any) -> Any:
    """Return the tensor from the middle of a graph in whose place Keras put an input of its own, None without one.

    The layers that read the input read the other one before, in the same place of their arguments.
    """
    for node in getattr(maker(tensor), "_outbound_nodes", ()) or ():
        reading = node_operation(node)
        places = [index for index, one in enumerate(rebuild_plan.input_tensors(node)) if one is tensor]
        for earlier in getattr(reading, "_inbound_nodes", ()) if places else ():
            read = rebuild_plan.input_tensors(earlier)
            other = read[places[0]] if len(read) > places[0] else None
            if other is not None and other is not tensor and same_shape(other, tensor) and not _is_input(other):
                return other
    return None


def node_operation(node: Any) -> Any:
    """Return the layer or operation that a node is a call of."""
    operation = getattr(node, "operation", None)
    return operation if operation is not None else getattr(node, "layer", None)


def _is_input(tensor: Any) -> bool:
    return wants.is_input_layer(maker(tensor))


def ends_before(tensor: Any) -> tuple[Any, ...]:
    """Return the Inputs that a tensor comes from."""
    made = node_of(tensor)
    before = [] if made is None else rebuild_plan.input_tensors(made[1])
    wiring = wiring_of([tensor], before) if before else None
    return () if wiring is None else wiring.loose


def calls_before(tensor: Any) -> Iterator[Any]:
    """Yield the nodes that a tensor comes from, nearest first."""
    pending: list[Any] = [tensor]
    seen: set[int] = set()
    while pending and len(seen) < MOST:
        made = node_of(pending.pop(0))
        if made is not None and id(made[1]) not in seen:
            seen.add(id(made[1]))
            yield made[1]
            pending += rebuild_plan.input_tensors(made[1])
