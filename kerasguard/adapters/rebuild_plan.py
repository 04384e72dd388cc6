"""The part of a model that leads to a failing call, read off Keras' own history as a list of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kerasguard.adapters import specs, wants
from kerasguard.provenance.access import is_a, is_endless
from kerasguard.vocabulary import Shape

MOST_STEPS = 400


@dataclass(frozen=True)
class Slot:
    """Stands for a symbolic tensor in the arguments of a step."""

    number: int


@dataclass(frozen=True, eq=False)
class Step:
    """One call of a layer or operation.

    Attributes
    ----------
    operation
        The live layer or operation; steps that share a layer hold the same object.
    args, kwargs
        Of the call, with a `Slot` in the place of every symbolic tensor.
    outputs
        The slots that the call fills.
    shapes
        What it gave when the user's program ran; empty where it failed.
    part_of
        The nested models that the step is a part of, outermost first.
    again
        Whether the call is of another layer that is made as `operation` was: one that the program has yet to make.
    """

    operation: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    outputs: tuple[int, ...]
    shapes: tuple[Shape | None, ...] = ()
    part_of: tuple[Any, ...] = ()
    again: bool = False

    @property
    def is_input(self) -> bool:
        """Whether the step declares an input."""
        return wants.is_input_layer(self.operation)

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots that the call reads."""
        return tuple(leaf.number for _, leaf in _leaves([list(self.args), dict(self.kwargs)]) if is_a(leaf, Slot))


@dataclass
class Plan:
    """Steps in an order in which they can run; the last ones belong to the call that failed.

    Attributes
    ----------
    goal
        The operation whose call failed.
    failing
        Index of the first step of the failing call.
    made
        How to make a layer anew whose config does not tell, by ``id``: functions of the class to make.
    """

    steps: list[Step] = field(default_factory=list)
    goal: Any = None
    failing: int = 0
    results: tuple[int, ...] = ()
    made: dict[int, Callable[[Any], Any]] = field(default_factory=dict)

    def producer(self, slot: int) -> Step | None:
        """Return the step that fills a slot."""
        return next((step for step in self.steps if slot in step.outputs), None)

    def upstream(self, step: Step) -> Iterator[Step]:
        """Yield the steps that a step's inputs come from, nearest first."""
        seen: set[int] = set()
        waiting = list(step.slots)
        while waiting:
            slot = waiting.pop(0)
            made = self.producer(slot)
            if made is None or id(made) in seen:
                continue
            seen.add(id(made))
            yield made
            waiting += made.slots

    def consumers(self, step: Step) -> list[Step]:
        """Return the steps that read what a step gives."""
        return [one for one in self.steps if set(one.slots) & set(step.outputs)]


def plan_of_call(operation: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Plan | None:
    """Return the plan of a failing call on symbolic tensors, or None where it has none or the history is odd."""
    reader = Reader()
    reader.collect_tree([list(args), dict(kwargs)])
    reader.collect_shared(operation)
    if not any(step.is_input for step in reader.plan.steps) or len(reader.plan.steps) > MOST_STEPS:
        return None
    plan = reader.plan
    plan.goal, plan.failing = operation, len(plan.steps)
    plan.results = reader.add_call(operation, args, kwargs, None)
    return plan


def plan_of_model(model: Any, shapes: list[tuple[Shape, str | None]]) -> Plan | None:
    """Return the plan of a finished model that is called on data of these shapes."""
    graph = _inner_graph(model)
    if graph is None or len(graph.inputs) != len(shapes):
        return None
    reader = Reader()
    plan = reader.plan
    slots = [reader.new_slot() for _ in shapes]
    for slot, (shape, dtype) in zip(slots, shapes, strict=True):
        plan.steps.append(Step(DataInput(shape, dtype, model), (), {}, (slot,), (shape,)))
    plan.goal, plan.failing = model, len(slots)
    plan.results = reader.add_call(model, tuple(Slot(slot) for slot in slots), {}, None)
    return plan


def plan_of_chain(model: Any, shape: Shape, dtype: str | None) -> Plan | None:
    """Return the plan of a Sequential model that fails while it is built on data of a shape."""
    layers = [layer for layer in getattr(model, "layers", ()) if not wants.is_input_layer(layer)]
    if not layers:
        return None
    reader = Reader()
    slot = reader.new_slot()
    plan = reader.plan
    plan.steps.append(Step(DataInput(shape, dtype, layers[0]), (), {}, (slot,), (shape,)))
    plan.goal, plan.failing = model, 1
    for layer in layers:
        (slot,) = reader.add_call(layer, (Slot(slot),), {}, None)[:1]
    plan.results = (slot,)
    return plan


@dataclass(frozen=True, eq=False)
class DataInput:
    """The Input that Keras makes by itself for the data it is given."""

    shape: Shape
    dtype: str | None
    like: Any
    name: str = "data"


def is_data_input(operation: Any) -> bool:
    """Return whether a step stands for data, not for an Input of the user's."""
    return isinstance(operation, DataInput)


class Reader:
    """Walks Keras' history and writes steps."""

    def __init__(self) -> None:
        self.plan = Plan()
        self._slots: dict[int, int] = {}
        self._kept: list[Any] = []  # tensors stay alive while their ids are keys
        self._nodes: set[int] = set()
        self._count = 0

    def new_slot(self) -> int:
        """Return a fresh slot."""
        self._count += 1
        return self._count

    def slot_of(self, tensor: Any) -> int:
        """Return the slot of a live symbolic tensor."""
        known = self._slots.get(id(tensor))
        if known is None:
            known = self._slots[id(tensor)] = self.new_slot()
            self._kept.append(tensor)
        return known

    def collect_tree(self, tree: Any) -> None:
        """Add the steps that make every symbolic tensor of a tree."""
        for _, leaf in _leaves(tree):
            if wants.is_keras_tensor(leaf):
                self._collect(leaf)

    def collect_shared(self, operation: Any) -> None:
        """Add the earlier calls of the failing layer, one per shape: they built its weights."""
        if not wants.is_layer(operation) or wants.is_input_layer(operation) or graph_of(operation) is not None:
            return
        known: set[tuple[Shape | None, ...]] = set()
        for node in list(getattr(operation, "_inbound_nodes", ()) or ()):
            outputs, shapes = _outputs(node), tuple((specs.shape_of(one) or ())[1:] for one in input_tensors(node))
            if outputs and shapes not in known and len(self.plan.steps) < MOST_STEPS:
                known.add(shapes)
                self._collect(outputs[0])

    def _collect(self, tensor: Any) -> None:
        pending = [(tensor, False)]
        while pending and len(self.plan.steps) <= MOST_STEPS:
            current, ready = pending.pop()
            made = node_of(current)
            if made is None or id(made[1]) in self._nodes:
                continue
            operation, node = made
            if not ready:
                pending.append((current, True))
                pending += [(one, False) for one in input_tensors(node)]
                continue
            self._nodes.add(id(node))
            args, kwargs = arguments_of(node)
            self.add_call(operation, args, kwargs, node)

    def add_call(
        self, operation: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], node: Any, part_of: tuple[Any, ...] = ()
    ) -> tuple[int, ...]:
        """Add one call; a nested model is taken apart."""
        args = _map(tuple(args), self._slotted)
        kwargs = _map(dict(kwargs), self._slotted)
        live = _outputs(node) if node is not None else []
        inner = _inner_graph(operation)
        if inner is not None and not kwargs.get("mask"):
            made = self._add_model(operation, inner, args, part_of)
            if made is not None:
                for tensor, slot in zip(live, made, strict=False):
                    self._slots[id(tensor)] = slot
                    self._kept.append(tensor)
                return made
        outputs = tuple(self.slot_of(tensor) for tensor in live) or (self.new_slot(),)
        shapes = tuple(specs.shape_of(tensor) for tensor in live)
        self.plan.steps.append(Step(operation, args, kwargs, outputs, shapes, part_of))
        return outputs

    def _add_model(
        self, model: Any, inner: _Graph, args: tuple[Any, ...], part_of: tuple[Any, ...]
    ) -> tuple[int, ...] | None:
        given = [leaf for _, leaf in _leaves(list(args)) if isinstance(leaf, Slot)]
        if len(given) != len(inner.inputs):
            return None
        deeper = Reader()
        deeper.plan, deeper._count = self.plan, self._count
        around = (*part_of, model)
        for slot, tensor in zip(given, inner.inputs, strict=True):
            checked = deeper.slot_of(tensor)
            layer = node_of(tensor)
            made = (checked,)
            shape = specs.shape_of(tensor)
            if layer is not None:
                deeper._nodes.add(id(layer[1]))
            operation = layer[0] if layer is not None else DataInput(shape or (), None, model)
            self.plan.steps.append(Step(operation, (slot,), {}, made, (shape,), around))
        deeper._inside(inner.outputs, around)
        self._count = deeper._count
        self._kept += deeper._kept
        return tuple(deeper.slot_of(tensor) for tensor in inner.outputs)

    def _inside(self, outputs: list[Any], around: tuple[Any, ...]) -> None:
        """Add the steps of a nested model, from the tensors known already to its outputs."""
        pending = [(tensor, False) for tensor in outputs]
        while pending and len(self.plan.steps) <= MOST_STEPS:
            current, ready = pending.pop()
            made = node_of(current)
            if made is None or id(made[1]) in self._nodes:
                continue
            if not ready:
                pending.append((current, True))
                pending += [(one, False) for one in input_tensors(made[1])]
                continue
            self._nodes.add(id(made[1]))
            self.add_call(made[0], *arguments_of(made[1]), made[1], around)

    def _slotted(self, leaf: Any) -> Any:
        return Slot(self.slot_of(leaf)) if wants.is_keras_tensor(leaf) else leaf


@dataclass(frozen=True)
class _Graph:
    inputs: list[Any]
    outputs: list[Any]


def graph_of(model: Any) -> _Graph | None:
    """Return inputs and outputs of a model that has a graph."""
    if not wants.is_model(model):
        return None
    inputs = list(wants.graph_inputs(model))
    if not inputs:
        return None
    try:
        outputs = [leaf for _, leaf in _leaves(model.outputs)]
    except (AttributeError, ValueError):
        return None
    return _Graph(inputs, outputs) if outputs else None


def _inner_graph(operation: Any) -> _Graph | None:
    """Return the graph of a nested model; a model with a `call` of the user's own stays whole."""
    graph = graph_of(operation)
    if graph is None:
        return None
    owner = next((cls for cls in type(operation).__mro__ if "call" in vars(cls)), None)
    return graph if owner is not None and wants.is_keras(owner) else None


def node_of(tensor: Any) -> tuple[Any, Any] | None:
    """Return the operation and the node that made a symbolic tensor."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or history[0] is None:
        return None
    operation, index = history[0], history[1]
    nodes = getattr(operation, "_inbound_nodes", None) or ()
    return (operation, nodes[index]) if index is not None and -len(nodes) <= index < len(nodes) else None


def input_tensors(node: Any) -> list[Any]:
    """Return the symbolic tensors that a node reads."""
    found = getattr(node, "keras_inputs", None)
    if found is None:
        found = getattr(node, "input_tensors", None)
    return [tensor for tensor in found or () if wants.is_keras_tensor(tensor)]


def arguments_of(node: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of the call that a node records."""
    symbolic = getattr(node, "arguments", None)
    if symbolic is not None:
        return tuple(symbolic.args), dict(symbolic.kwargs)
    if getattr(node, "is_input", False):
        return (), {}
    return tuple(getattr(node, "call_args", ()) or ()), dict(getattr(node, "call_kwargs", None) or {})


def _outputs(node: Any) -> list[Any]:
    return [leaf for _, leaf in _leaves(getattr(node, "outputs", None)) if wants.is_keras_tensor(leaf)]


def _leaves(tree: Any, around: tuple[int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the leaves of lists, tuples and dicts (wrapped ones included), with their paths."""
    inside = (*around, id(tree))
    if is_endless(tree, around):
        yield (), tree
    elif is_a(tree, list | tuple):
        for index, item in enumerate(tree):
            for path, leaf in _leaves(item, inside):
                yield (index, *path), leaf
    elif is_a(tree, Mapping):
        for key, item in tree.items():
            for path, leaf in _leaves(item, inside):
                yield (key, *path), leaf
    else:
        yield (), tree


def _map(tree: Any, change: Callable[[Any], Any], around: tuple[int, ...] = ()) -> Any:
    inside = (*around, id(tree))
    if is_endless(tree, around):
        return change(tree)
    if is_a(tree, list):
        return [_map(item, change, inside) for item in tree]
    if is_a(tree, tuple):
        items = [_map(item, change, inside) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    if is_a(tree, Mapping):
        return {key: _map(item, change, inside) for key, item in tree.items()}
    return change(tree)


leaves = _leaves
map_tree = _map
