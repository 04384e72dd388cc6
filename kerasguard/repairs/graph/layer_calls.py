"""Mistakes in calling layers: a layer that was never called, a constructor that got tensors, arguments in no list."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

from kerasguard.adapters import connections, specs, symbolic, wants
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.bindings import Binding
from kerasguard.provenance.origins import lines_that_made
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, places_of
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.coming import coming
from kerasguard.repairs.failing import (
    FailingCall,
    call_at,
    delete_argument,
    failing_call,
    has_symbolic,
    statement_place,
)
from kerasguard.vocabulary import Offender, Place, Shape

Argument = tuple[str | int, ast.expr, Any]


def shape_of(value: Any) -> Shape | None:
    """Return the shape of a tensor, None for a list of them."""
    return None if isinstance(value, list | tuple | dict) else specs.shape_of(value)


def is_layer_class(value: Any) -> bool:
    """Return whether a value is a class of layers of either Keras, a model's excepted."""
    return (
        is_a(value, type)
        and any(cls.__name__ == "Layer" and wants.is_keras(cls) for cls in value.__mro__)
        and not any(cls.__name__ == "Model" and wants.is_keras(cls) for cls in value.__mro__)
        and value.__name__ != "InputLayer"
    )


def callee_name(call: FailingCall) -> str:
    """Return what is called as the user wrote it, without its modules."""
    return call.source.segment(call.node.func).rpartition(".")[2]


def assigned(call: FailingCall) -> Iterator[Offender]:
    """Yield the names that the statement of a call binds."""
    statement = call.source.statement(call.node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name | ast.Attribute):
                yield Offender(call.source.segment(node), "variable")


def constructed_with_tensors(evidence: Evidence) -> tuple[FailingCall, list[Argument]] | None:
    """Return the constructor call that got tensors: the failing one, or the one that made a layer used as a tensor."""
    call = failing_call(evidence)
    found = _tensors_among_settings(call)
    if call is not None and found:
        return call, found
    for used in layers_used_as_tensors(evidence):
        if used.call is not None:
            found = _tensors_among_settings(used.call)
            if found:
                return used.call, found
    return None


def _tensors_among_settings(call: FailingCall | None) -> list[Argument]:
    if call is None or not is_layer_class(call.function):
        return []
    return [argument for argument in call.nodes() if has_symbolic(argument[2]) and argument[0] != "name"]


def call_on_given(call: FailingCall, given: list[Argument]) -> Iterator[Candidate]:
    """Propose to move the tensors of a constructor call behind it."""
    written = [call.source.segment(node) for _, node, _ in given]
    inputs = written[0] if len(written) == 1 else f"[{', '.join(written)}]"
    value = given[0][2] if len(given) == 1 else [one for _, _, one in given]
    moved = {where for where, _, _ in given}
    args = [one for index, one in enumerate(call.args) if index not in moved]
    kwargs = {name: one for name, one in call.kwargs.items() if name not in moved}
    kept = [
        call.source.segment(node) if isinstance(where, int) else f"{where}={call.source.segment(node)}"
        for where, node, _ in call.nodes()
        if where not in moved
    ]
    if len(kept) != len(args) + len(kwargs):
        return
    text = f"{call.source.segment(call.node.func)}({', '.join(kept)})({inputs})"
    root = symbolic.flavour(*(leaf for _, leaf in specs.leaves(value)), call.function)
    yield Candidate(
        title=f"call the layer on {inputs}",
        edits=(edits.replace(call.source, call.node, text),),
        cost=1.0,
        check=(
            lambda: symbolic.attempt(lambda: call.function(*args, **kwargs)(value), [value], root, "the layer returns")
        )
        if _all_live(call, moved)
        else None,
        cause=call.place,
        applicability="safe",
    )


def _all_live(call: FailingCall, moved: set[str | int]) -> bool:
    from kerasguard.repairs.failing import is_live

    return all(is_live(value) for where, _, value in call.nodes() if where not in moved)


class Used:
    """A layer, a class of layers, a model or a function that stands where a tensor belongs.

    Attributes
    ----------
    value
        The object.
    node, scope
        The expression in the failing call.
    binding, home
        What bound the name used there, if it is one.
    call
        The constructor call that made a layer.
    """

    def __init__(self, value: Any, node: ast.expr, scope: Scope) -> None:
        self.value, self.node, self.scope = value, node, scope
        self.binding: Binding | None = None
        self.home = scope
        if isinstance(node, ast.Name):
            self.home, found = scope.home(node.id, node)
            plain = [one for one in found if one.kind in ("assign", "walrus") and not one.path]
            self.binding = self._maker_of(plain) or next(iter(plain), None)
        made = self.binding.value if self.binding is not None else node
        self.made = made
        self.call = call_at(made, self.home) if isinstance(made, ast.Call) else None
        if self.call is not None and not isinstance(self.call.function, type):
            self.call = None

    def _maker_of(self, bindings: list[Binding]) -> Binding | None:
        """Return the binding that made this very layer: in a loop several reach."""
        source = self.home.source
        if isinstance(self.value, type) or source is None:
            return None
        lines = {id(source.statement(node)) for _, node in lines_that_made(self.value)}
        return next((one for one in bindings if id(one.statement) in lines), None)

    @property
    def name(self) -> str:
        """As the user wrote it."""
        return self.scope.source.segment(self.node) if self.scope.source is not None else ""


def layers_used_as_tensors(evidence: Evidence) -> list[Used]:
    """Return what stands in the failing call where a tensor belongs and is a layer, class, model or function."""
    call = failing_call(evidence)
    if call is None:
        return []
    if evidence.event.entry not in ("functional", "call", "op", "none"):
        return []
    if evidence.event.entry != "functional" and not (
        specs.kind_of(call.function) in ("layer", "model") or _is_keras_function(call.function)
    ):
        return []
    found: list[Used] = []
    for where, node, value in call.nodes():
        if where not in (0, 1, "inputs", "outputs", "x", "xs"):
            continue
        for one, leaf in _leaves(node, value):
            if specs.kind_of(leaf) in ("layer", "model") or is_layer_class(leaf) or _is_function(leaf):
                found.append(Used(leaf, one, call.scope))
    return found


def _is_keras_function(value: Any) -> bool:
    return inspect.isroutine(value) and str(getattr(value, "__module__", "")).partition(".")[0] in ("keras", "tf_keras")


def _is_function(value: Any) -> bool:
    return is_a(value, FunctionType) and not _is_keras_function(value)


def _leaves(node: ast.expr, value: Any) -> Iterator[tuple[ast.expr, Any]]:
    if isinstance(node, ast.List | ast.Tuple) and isinstance(value, list | tuple) and len(node.elts) == len(value):
        for one, item in zip(node.elts, value, strict=True):
            yield from _leaves(one, item)
    elif isinstance(node, ast.Dict) and isinstance(value, dict) and len(node.values) == len(value):
        for one, item in zip(node.values, value.values(), strict=True):
            yield from _leaves(one, item)
    elif is_a(value, list | tuple):
        for item in value:
            yield node, item
    else:
        yield node, value


def calls_of_never_called(evidence: Evidence, used: Used) -> Iterator[Candidate]:
    """Propose to call what was never called, on the tensor that was there before."""
    source = used.home.source
    if source is None or used.made is None:
        return
    for cost, (text, tensor) in enumerate(_tensors_before(evidence, used)):
        yield _called_on(evidence, used, text, tensor, 1.0 + cost)
    yield from _its_output(evidence, used)


def _its_output(evidence: Evidence, used: Used) -> Iterator[Candidate]:
    """Propose the tensor that a model of the functional API ends in: its own Input is the start of the new one."""
    found = [one for one in layers_used_as_tensors(evidence) if connections.model_outputs(one.value)]
    outputs = {id(one.value): connections.model_outputs(one.value) for one in found}
    if used.value not in [one.value for one in found] or any(len(ends) != 1 for ends in outputs.values()):
        return
    written = tuple(edits.wrap(one.scope.source, one.node, "{}.output") for one in found if one.scope.source)
    if len({edit.start for edit in written}) != len(found):
        return  # a list that was bound to a name
    goes_on = all(_input_used_again(evidence, one) for one in found)
    yield Candidate(
        title=f"go on from what {' and '.join(f'`{one.name}`' for one in found)} return{'s' if len(found) == 1 else ''}",
        edits=written,
        cost=0.8 if goes_on else 1.4,
        check=_then_failing(
            evidence, used, lambda: outputs[id(used.value)][0], None, {key: ends[0] for key, ends in outputs.items()}
        ),
        cause=statement_place(used.scope.source, used.node) if used.scope.source is not None else None,
        exact=goes_on,
    )


def _input_used_again(evidence: Evidence, used: Used) -> bool:
    """Return whether the program goes on to make something of the Input of a model."""
    starts = {f"{used.name}.{name}" for name in ("input", "inputs")}
    return any(starts & set(_given_to(one.node, one.source)) for one in coming(evidence))


def _given_to(call: ast.Call, source: SourceFile) -> Iterator[str]:
    for node in [*call.args, *(one.value for one in call.keywords)]:
        yield from (source.segment(one) for one in ast.walk(node) if isinstance(one, ast.Attribute))


def _called_on(evidence: Evidence, used: Used, text: str, tensor: Any, cost: float) -> Candidate:
    """Return the repair that calls what was never called on one tensor."""
    target: ast.expr = used.node if _rightly_bound(used) or used.made is None else used.made
    layer = used.value
    if isinstance(layer, type):
        pattern, make = f"{{}}()({text})", (lambda: layer()(tensor))
    else:
        pattern, make = f"{{}}({text})", (lambda: layer(tensor))
    where = used.scope.source if target is used.node else used.home.source
    assert where is not None  # noqa: S101 - a node has a source
    is_function = _is_function(layer)
    cost += 0.5 if is_function else 0.0
    check: Callable[[], Outcome] | None = None
    if tensor is not None and not is_function:
        check = _then_failing(evidence, used, make, tensor)
    return Candidate(
        title=f"call {used.name} on `{text}`",
        edits=(edits.wrap(where, target, pattern),),
        cost=cost,
        check=check,
        cause=statement_place(where, target),
    )


def _then_failing(
    evidence: Evidence, used: Used, make: Callable[[], Any], tensor: Any, others: Mapping[int, Any] | None = None
) -> Callable[[], Outcome]:
    """Return a trial that makes the tensor, and then the failing call with it (and with others, by what they replace)."""
    root = symbolic.flavour(used.value if tensor is None else tensor)
    event = evidence.event

    def put(tree: Any, new: Any) -> Any:
        known = {**(others or {}), id(used.value): new}
        return specs.map_leaves(tree, lambda leaf: known.get(id(leaf), leaf))

    def run() -> Any:
        new = make()
        if event.entry == "functional" and root is not None:
            given = inspect_arguments(event.args, event.kwargs)
            return symbolic.functional(root, put(given["inputs"], new), put(given["outputs"], new))
        if event.entry == "call":
            args = [put(one, new) for one in event.args]
            return event.owner(*args, **{k: put(v, new) for k, v in event.kwargs.items()})
        return new

    return lambda: symbolic.attempt(
        run, [*(() if tensor is None else (tensor,)), used.value, event.owner], root, "it then returns"
    )


def inspect_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return inputs and outputs of a functional model's constructor."""
    names = ("inputs", "outputs", "name")
    return {"inputs": None, "outputs": None, **dict(zip(names, args, strict=False)), **kwargs}


def _rightly_bound(used: Used) -> bool:
    """Return whether the name rightly holds a model or layer: it is called in other places."""
    if specs.kind_of(used.value) == "model":
        return True
    if used.binding is None or used.home.source is None or not isinstance(used.node, ast.Name):
        return False
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == used.node.id
        for node in ast.walk(used.home.owner or used.home.source.tree)
    )


def _tensors_before(evidence: Evidence, used: Used) -> Iterator[tuple[str, Any]]:
    """Yield the tensors on which it could have been called: the one of the same name first, then loose ends."""
    source = used.home.source
    if source is None:
        return
    at_use = used.binding is None or _rightly_bound(used)
    before = source.statement(used.node) if at_use or used.binding is None else used.binding.statement
    if before is None:
        return
    graph = _graph(evidence)
    if used.binding is not None and not at_use and isinstance(used.node, ast.Name):
        name = used.node.id
        for binding in used.home.bindings(name, used.binding.value):
            if binding.statement is used.binding.statement:
                continue
            tensor = _made_at(graph, source, binding.statement)
            if tensor is None and binding.kind == "parameter":
                tensor = next((one for one in graph if not symbolic.parents(one)), None)
            if tensor is not None:
                yield name, tensor
                return
    yield from _loose_ends(used, before)


def _loose_ends(used: Used, before: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield the tensors bound ahead of a statement that no layer has taken yet, the latest first."""
    found: list[tuple[int, str, Any]] = []
    for name, value in used.home.names.items():
        if specs.kind_of(value) == "keras" and symbolic.is_leaf(value) and not name.startswith("_"):
            rows = [getattr(one.statement, "lineno", 0) for one in used.home.bindings(name, before)]
            if rows and max(rows) < getattr(before, "lineno", 0):
                found.append((max(rows), name, value))
    for _, name, value in sorted(found, key=lambda item: -item[0])[:2]:
        yield name, value


def _graph(evidence: Evidence) -> list[Any]:
    """Return the symbolic tensors that are within reach of the user's frames, the latest last."""
    seeds: list[Any] = []
    for frame in evidence.frames:
        for value in list(frame.locals.values()):
            seeds += [leaf for _, leaf in specs.leaves(value) if specs.kind_of(leaf) == "keras"][:32]
    tensors = list(symbolic.inputs_behind(seeds))
    for node in symbolic.nodes_after(tensors):
        tensors += symbolic.outputs_of(node)
    return [*tensors, *seeds]


def _made_at(graph: list[Any], source: SourceFile, statement: ast.AST) -> Any:
    """Return the last tensor without a successor that the statement made."""
    found = None
    for tensor in graph:
        lines = lines_that_made(symbolic.node_of(tensor))
        made_here = any(at is source and source.statement(node) is statement for at, node in lines)
        if made_here and (found is None or symbolic.is_leaf(tensor)):
            found = tensor
    return found


def made_at(layer: Any) -> Place | None:
    """Return the user's line that made a layer, as recorded."""
    origin = origin_of(layer)
    places = places_of(origin) if origin is not None else []
    return places[0] if places else None


__all__ = [
    "Used", "assigned", "call_on_given", "callee_name", "calls_of_never_called", "constructed_with_tensors",
    "delete_argument", "inspect_arguments", "layers_used_as_tensors", "made_at",
]  # fmt: skip
