"""Draw the way from the inputs to the failing place as plain data: names, classes and shapes of what is on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from kerasguard.adapters import specs, wants
from kerasguard.adapters.rebuild_plan import graph_of, input_tensors, leaves, node_of
from kerasguard.vocabulary import Drawing, DrawnEdge, DrawnNode, Shape

MOST_WALKED = 240  # nodes of Keras' history that are looked at: the nearest ones to the failing place
MOST_PASSED = 6
MOST_INPUTS = 12
EARLIER = "earlier layers"


class Passed(NamedTuple):
    """A tensor that the user passed, under the user's name for it; ``key`` is its key in a dict."""

    name: str
    shape: Shape | None
    key: str | None = None


@dataclass(frozen=True, eq=False)
class Scene:
    """What is known of a failing call.

    Attributes
    ----------
    owner
        The model or layer that was called, fitted or made; None for a function.
    calls
        The layer calls under way, outermost first: layer and inputs.
    predictions
        What a loss was given, where no model says so.
    symbolic
        The symbolic tensors that were given to a function, or out of which a model was to be made.
    listed
        The Inputs that the constructor of a model was given.
    function
        What was called, where that was no layer.
    refused_by
        ``loss`` where the labels or the output do not suit the loss.
    """

    owner: Any = None
    calls: tuple[tuple[Any, Any], ...] = ()
    data: tuple[Passed, ...] = ()
    labels: tuple[Passed, ...] = ()
    predictions: tuple[Passed, ...] = ()
    symbolic: tuple[Any, ...] = ()
    listed: tuple[Any, ...] = ()
    function: str = ""
    refused_by: Literal["call", "loss"] = "call"
    built_before: frozenset[int] | None = None


class _End(NamedTuple):
    """A loose end of the sketch: the box that gives a tensor, and the tensor's shape."""

    box: int
    shape: Shape | None


def drawing_of(scene: Scene) -> Drawing | None:
    """Return the drawing of a failing call, None where nothing is known that could be drawn."""
    sketch = _Sketch()
    if scene.refused_by == "loss":
        _draw_loss(sketch, scene)
    elif not _draw_history(sketch, scene):
        calls = scene.calls or _by_shapes(scene)
        if not calls:
            return None
        _draw_calls(sketch, scene, list(calls), sketch.passed(scene.data, "data"))
    return sketch.finished()


def named_layer(model: Any, names: Iterable[str]) -> Any:
    """Return the first layer of a model that has one of the names."""
    wanted = set(names)
    found = (getattr(model, "layers", None) or ()) if wants.is_model(model) and wanted else ()
    return next((layer for layer in found if layer.name in wanted), None)


def tensors_in(tree: Any) -> tuple[Any, ...]:
    """Return the symbolic tensors of Keras that a structure holds, the first few."""
    return tuple(leaf for _, leaf in leaves(tree) if wants.is_keras_tensor(leaf))[: MOST_WALKED // 4]


class _Sketch:
    """Boxes and arrows, sources before targets."""

    def __init__(self) -> None:
        self._boxes: list[DrawnNode] = []
        self._arrows: list[DrawnEdge] = []

    def finished(self) -> Drawing | None:
        """Return the drawing; one box alone says nothing."""
        if not self._arrows or not any(box.state == "failing" for box in self._boxes):
            return None
        return Drawing(tuple(self._boxes), tuple(self._arrows))

    def box(self, name: Any, kind: str, shape: Shape | None = None, state: str = "ok", count: int = 1) -> int:
        self._boxes.append(DrawnNode(str(name), kind, shape, state, count))  # type: ignore[arg-type]  # one of the three
        return len(self._boxes) - 1

    def layer(self, layer: Any, shape: Shape | None = None, state: str = "ok") -> int:
        state = "input" if state == "ok" and wants.is_input_layer(layer) else state
        return self.box(getattr(layer, "name", ""), type(layer).__name__, shape, state)

    def arrow(self, end: _End, target: int, *, refused: bool = False) -> None:
        self._arrows.append(DrawnEdge(end.box, target, end.shape, refused))

    def arrows(self, ends: Iterable[_End], target: int, *, refused: bool = False) -> None:
        for end in ends:
            self.arrow(end, target, refused=refused)

    def passed(self, passed: Sequence[Passed], kind: str) -> list[_End]:
        found = [_End(self.box(one.name, kind, one.shape, "input"), one.shape) for one in passed[:MOST_PASSED]]
        if len(passed) > MOST_PASSED:
            found.append(_End(self.box(f"{len(passed) - MOST_PASSED} more", kind, None, "input"), None))
        return found

    def history(
        self, tensors: Iterable[Any], known: dict[int, _End] | None = None, listed: set[int] | None = None
    ) -> list[_End]:
        """Draw what made the tensors, as far as the `known` ones or the Inputs; return the tensors' own ends.

        Where the nodes of the `listed` Inputs are given, other Inputs are marked as failing.
        """
        wanted = list(tensors)
        found = dict(known or {})
        boxes: dict[int, int] = {}
        earlier: int | None = None
        steps = _steps(wanted, found)
        inside = {id(step.node) for step in steps}
        for step in steps:
            given = [end for tensor in step.tensors if (end := _end_of(tensor, found, boxes)) is not None]
            missing = [tensor for tensor, made in step.before if id(made[1]) not in inside]
            if missing and len(given) < len(step.tensors):
                earlier = self.box(EARLIER, "layers") if earlier is None else earlier
                given.append(_End(earlier, specs.shape_of(missing[0])))
            missed = listed is not None and wants.is_input_layer(step.operation) and id(step.node) not in listed
            boxes[id(step.node)] = self.layer(step.operation, _out(step.node), "failing" if missed else "ok")
            self.arrows(given, boxes[id(step.node)])
        return [end for tensor in wanted if (end := _end_of(tensor, found, boxes)) is not None]


class _Step(NamedTuple):
    """A call in Keras' history: what was called, its node, the tensors it read, and what made those of them."""

    operation: Any
    node: Any
    tensors: list[Any]
    before: list[tuple[Any, tuple[Any, Any]]]


def _end_of(tensor: Any, known: dict[int, _End], boxes: dict[int, int]) -> _End | None:
    if id(tensor) in known:
        return known[id(tensor)]
    made = node_of(tensor)
    if made is None or id(made[1]) not in boxes:
        return None
    return _End(boxes[id(made[1])], specs.shape_of(tensor))


def _steps(tensors: Iterable[Any], known: dict[int, Any]) -> list[_Step]:
    """Return the calls that lead to the tensors, the nearest ones, sources first."""
    found: dict[int, _Step] = {}
    waiting = [made for tensor in tensors if id(tensor) not in known and (made := node_of(tensor)) is not None]
    while waiting and len(found) < MOST_WALKED:
        following: list[tuple[Any, Any]] = []
        for operation, node in waiting:
            if id(node) in found or len(found) >= MOST_WALKED:
                continue
            read = input_tensors(node)
            before = [(tensor, made) for tensor in read if id(tensor) not in known and (made := node_of(tensor))]
            found[id(node)] = _Step(operation, node, read, before)
            following += [made for _, made in before]
        waiting = following
    return list(_in_order(found))


def _in_order(found: dict[int, _Step]) -> Iterator[_Step]:
    done: set[int] = set()
    for start in reversed(list(found)):
        pending = [(start, False)]
        while pending:
            key, ready = pending.pop()
            if key in done:
                continue
            if ready:
                done.add(key)
                yield found[key]
                continue
            pending.append((key, True))
            before = (id(made[1]) for _, made in found[key].before)
            pending += [(other, False) for other in before if other in found and other not in done]


def _out(node: Any) -> Shape | None:
    outputs = [leaf for _, leaf in leaves(getattr(node, "outputs", None)) if wants.is_keras_tensor(leaf)]
    return specs.shape_of(outputs[0]) if len(outputs) == 1 else None


def _draw_history(sketch: _Sketch, scene: Scene) -> bool:
    """Draw a failure on symbolic tensors, which know where they come from; return whether there were any."""
    if scene.listed or (scene.symbolic and not scene.calls):
        _draw_ends(sketch, scene)
        return True
    for depth in range(len(scene.calls) - 1, -1, -1):
        tensors = [tensor for tensor in tensors_in(scene.calls[depth][1]) if node_of(tensor) is not None]
        if tensors:
            _draw_calls(sketch, scene, list(scene.calls[depth:]), sketch.history(tensors))
            return True
    return False


def _draw_ends(sketch: _Sketch, scene: Scene) -> None:
    """Draw a function on symbolic tensors, or a model that was to be made of them."""
    listed = {id(made[1]) for made in map(node_of, scene.listed) if made is not None}
    ends = sketch.history(scene.symbolic, listed=listed or None)
    reached = {id(step.node) for step in _steps(scene.symbolic, {})}
    loose = sketch.history(
        one for one in scene.listed if (made := node_of(one)) is not None and id(made[1]) not in reached
    )
    target = sketch.box(scene.function, "model" if listed else "function", None, "failing")
    sketch.arrows(ends, target, refused=not listed)
    sketch.arrows(loose, target, refused=True)


def _draw_calls(sketch: _Sketch, scene: Scene, calls: list[tuple[Any, Any]], ends: list[_End]) -> None:
    """Draw the way of the `ends` through layers that call each other, to the innermost one."""
    for (outer, _), (inner, inputs) in pairwise(calls):
        graph = graph_of(outer)
        if outer is scene.owner and graph is not None and ends:
            ends = _entered(sketch, scene, graph.inputs, ends)
        ends = _through(sketch, outer, inner, ends)
        actual = [specs.shape_of(leaf) for _, leaf in leaves(inputs) if specs.shape_of(leaf) is not None]
        if len(actual) == len(ends):
            ends = [_End(end.box, shape) for end, shape in zip(ends, actual, strict=True)]
        elif ends and actual:
            ends = [_End(ends[-1].box, shape) for shape in actual]
    _refused(sketch, scene, calls[-1][0], ends)


def _by_shapes(scene: Scene) -> tuple[tuple[Any, Any], ...]:
    """Return the model as the one that refuses, where the shapes of the data tell that it does."""
    if not wants.is_layer(scene.owner):
        return ()
    wanted = wants.model_wants(scene.owner, scene.built_before)
    fits = len(wanted) == len(scene.data) and all(
        want.fits(one.shape) for want, one in zip(wanted, scene.data, strict=True)
    )
    return () if fits or not wanted else ((scene.owner, None),)


def _through(sketch: _Sketch, outer: Any, inner: Any, ends: list[_End]) -> list[_End]:
    """Draw the part of `outer` that leads to `inner`."""
    graph = graph_of(outer)
    node = None if graph is None else _node_in(outer, inner)
    if graph is not None and node is not None:
        known = dict(zip((id(tensor) for tensor in graph.inputs), ends, strict=False))
        return sketch.history(input_tensors(node), known if len(known) == len(graph.inputs) == len(ends) else None)
    if wants.is_sequential(outer):
        for layer in outer.layers:
            if layer is inner or wants.is_input_layer(layer):
                if layer is inner:
                    break
                continue
            box = sketch.layer(layer)
            sketch.arrows(ends, box)
            ends = [_End(box, None)]
        return ends
    box = sketch.layer(outer)
    sketch.arrows(ends, box)
    return [_End(box, None)]


def _entered(sketch: _Sketch, scene: Scene, inputs: Sequence[Any], ends: list[_End]) -> list[_End]:
    """Draw the Inputs that take the data, in their order."""
    if len(inputs) != len(ends):
        return ends
    inside: list[_End] = []
    for index, (tensor, end) in enumerate(zip(inputs, _arranged(inputs, ends, scene), strict=True)):
        shape = specs.shape_of(tensor)
        box = sketch.box(wants.input_name(scene.owner, tensor, index), "InputLayer", shape, "input")
        sketch.arrow(end, box)
        inside.append(_End(box, shape))
    return inside


def _node_in(model: Any, layer: Any) -> Any:
    """Return the node of the call of `layer` that is part of the graph of `model`."""
    inner = getattr(model, "_functional", None) or model
    rows = getattr(inner, "_nodes_by_depth", None) or {}
    return next((node for row in rows.values() for node in row if _operation(node) is layer), None)


def _operation(node: Any) -> Any:
    return getattr(node, "operation", None) or getattr(node, "layer", None)


def _arranged(inputs: Sequence[Any], ends: list[_End], scene: Scene) -> list[_End]:
    """Return the ends in the order of a model's Inputs: data in a dict goes by its keys."""
    keys = [one.key for one in scene.data]
    names = [str(made[0].name) if (made := node_of(tensor)) is not None else "" for tensor in inputs]
    if len(ends) == len(keys) and set(keys) == set(names):
        return [ends[keys.index(name)] for name in names]
    return ends


def _refused(sketch: _Sketch, scene: Scene, layer: Any, ends: list[_End]) -> None:
    """Draw the layer that refuses: at its Inputs where it is a model, with what comes after them."""
    graph = graph_of(layer) if scene.built_before is None or id(layer) in scene.built_before else None
    if graph is None or not ends or len(graph.inputs) > MOST_INPUTS:
        target = sketch.layer(layer, None, "failing")
        wanted = wants.layer_wants(layer, scene.built_before) if len(ends) > 1 else ()
        misfit = _misfits(wanted, ends)
        for end, wrong in zip(ends, misfit, strict=True):
            sketch.arrow(end, target, refused=wrong)
        return
    arranged = _arranged(graph.inputs, ends, scene)
    wanted = wants.model_wants(layer)
    paired = len(arranged) == len(graph.inputs) == len(wanted)
    misfit = _misfits(wanted, arranged)
    inside: list[_End] = []
    for index, tensor in enumerate(graph.inputs):
        shape, wrong = specs.shape_of(tensor), misfit[index] if paired else True
        name = wants.input_name(layer, tensor, index)
        box = sketch.box(name, "InputLayer", shape, "failing" if wrong else "input")
        inside.append(_End(box, shape))
        for end in [arranged[index]] if paired else ends:
            sketch.arrow(end, box, refused=wrong)
    _rest(sketch, layer, graph.outputs, inside)


def _misfits(wanted: Sequence[wants.Wanted], ends: Sequence[_End]) -> list[bool]:
    """Return which ends do not fit; all of them where no shape tells."""
    if len(wanted) == len(ends):
        found = [not want.fits(end.shape) for want, end in zip(wanted, ends, strict=True)]
        if any(found):
            return found
    return [True] * len(ends)


def _rest(sketch: _Sketch, model: Any, outputs: Sequence[Any], ends: Iterable[_End]) -> _End | None:
    """Draw all that a model does with its Inputs as one box."""
    count = sum(not wants.is_input_layer(layer) for layer in getattr(model, "layers", None) or ())
    shape = specs.shape_of(outputs[0]) if len(outputs) == 1 else None
    if count == 0:
        return None
    name = "1 layer" if count == 1 else f"{count} layers"
    box = sketch.box(name, f"of {getattr(model, 'name', 'the model')}", shape, "ok", count)
    sketch.arrows(ends, box)
    return _End(box, shape)


def _draw_loss(sketch: _Sketch, scene: Scene) -> None:
    """Draw the output of a model and the labels as they meet in the loss."""
    ends = sketch.passed(scene.data, "data")
    graph = graph_of(scene.owner)
    if graph is None:
        box = sketch.layer(scene.owner) if wants.is_layer(scene.owner) else None
        predictions = sketch.passed(scene.predictions, "output") if box is None else [_End(box, None)]
        if box is not None:
            sketch.arrows(ends, box)
    else:
        ends = _entered(sketch, scene, graph.inputs, ends)
        known = dict(zip((id(tensor) for tensor in graph.inputs), ends, strict=False))
        predictions = sketch.history(graph.outputs, known if len(known) == len(graph.inputs) else None)
    labels = sketch.passed(scene.labels, "labels")
    target = sketch.box(scene.function or "loss", "loss", None, "failing")
    sketch.arrows(predictions, target, refused=True)
    sketch.arrows(labels, target, refused=True)
