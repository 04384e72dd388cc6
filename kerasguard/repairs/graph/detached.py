"""A model that starts in the middle and uses a tensor of the graph before it: that has to be an input as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasguard.adapters import connections
from kerasguard.adapters.rebuild_plan import input_tensors, node_of
from kerasguard.adapters.trial import Outcome
from kerasguard.provenance.origins import call_that_made, made_at
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.graph.connections import Cut, longer
from kerasguard.vocabulary import Edit, Place

MOST = 300


class Join(NamedTuple):
    """The call in which a tensor from elsewhere comes into a model's graph, and the name that it has there."""

    foreign: Any
    use: ast.Name
    statement: ast.stmt
    source: SourceFile
    place: Place


def _elsewhere(cut: Cut) -> bool:
    """Return whether the missing Inputs are those of another model."""
    known = [one for _, value in cut.names() for one in connections.model_inputs(value)]
    return not cut.wiring.unused and all(any(one is other for other in known) for one in cut.wiring.loose)


def inner_model(cut: Cut) -> Any:
    """Return the model that is a layer of this graph and whose own Input the outputs hang on; None without one.

    An output is then a tensor inside that layer: it belongs to the graph that the layer was made of, not to this one.
    """
    for layer in cut.wiring.layers:
        inputs = connections.model_inputs(layer)
        if inputs and all(any(one is loose for one in inputs) for loose in cut.wiring.loose):
            return layer
    return None


def entry(cut: Cut) -> Place | None:
    """Return the line by which a tensor of another model's graph comes in, None where the Input is in no other model."""
    for tensor, node in _foreign(cut) if _elsewhere(cut) else ():
        located = made_at(node)
        if located is not None and all(tensor is not one for one in cut.wiring.loose):
            return statement_place(*located)
    return None


def joins(cut: Cut) -> list[Join]:
    """Return where tensors of other models' graphs come in; empty where the missing Input is in no other model."""
    loose = cut.wiring.loose
    if not _elsewhere(cut):
        return []
    foreign = _foreign(cut)
    if not foreign or any(one is tensor for one, _ in foreign for tensor in loose):
        return []
    found = [_written(cut, tensor, node) for tensor, node in foreign]
    return [one for one in found if one is not None] if all(one is not None for one in found) else []


def _foreign(cut: Cut) -> list[tuple[Any, Any]]:
    """Return (tensor, node that takes it) where a tensor that hangs on no listed input meets one that does."""
    listed = {id(tensor) for tensor in cut.wiring.inputs}
    hangs: dict[int, bool] = {}

    def depends(tensor: Any, depth: int = 0) -> bool:
        if id(tensor) in listed:
            return True
        if id(tensor) not in hangs and depth < MOST:
            made = node_of(tensor)
            hangs[id(tensor)] = False
            hangs[id(tensor)] = made is not None and any(depends(one, depth + 1) for one in input_tensors(made[1]))
        return hangs.get(id(tensor), False)

    found: list[tuple[Any, Any]] = []
    pending, seen = list(cut.wiring.outputs), set()
    while pending:
        tensor = pending.pop()
        made = node_of(tensor)
        if id(tensor) in seen or id(tensor) in listed or made is None or not depends(tensor):
            continue
        seen.add(id(tensor))
        for one in input_tensors(made[1]):
            if depends(one):
                pending.append(one)
            elif all(one is not other for other, _ in found):
                found.append((one, made[1]))
    return found


def _written(cut: Cut, tensor: Any, node: Any) -> Join | None:
    located, scope = made_at(node), cut.scope
    if scope is None:
        return None
    names = [name for name, value in cut.names() if value is tensor]
    if located is None or located[0] is not scope.source or located[0].owner(located[1]) is not (scope.owner):
        return None
    source, call = located
    statement = source.statement(call)
    for one in ast.walk(call):
        if isinstance(one, ast.Name) and one.id in names and statement is not None:
            return Join(tensor, one, statement, source, source.place(statement))
    return None


def own_inputs(cut: Cut) -> Iterator[Candidate]:
    """Give the model an Input for each tensor from elsewhere, and pass the tensor where the model is called."""
    found, scope, source = joins(cut), cut.scope, cut.source
    given = connections.passed(cut.evidence.event)
    located = call_that_made(connections.maker(cut.wiring.inputs[0]))
    if not found or scope is None or source is None or given is None or located is None:
        return
    node = cut.evidence.written("inputs", (), given[0])[1]
    if located[0] is not source or node is None:
        return
    function = source.segment(located[1].func)
    written: list[Edit] = []
    names: list[str] = []
    for join in found:
        name = edits.fresh_name(source, f"{join.use.id}_in")
        names.append(name)
        written += [
            edits.insert_before(source, join.statement, f"{name} = {function}(shape={join.use.id}.shape[1:])"),
            edits.replace(source, join.use, name),
        ]
    listed = longer(source, scope, node, given[0], names)
    if listed is None:
        return
    calls = _calls(cut, source, [join.use.id for join in found])
    yield Candidate(
        title=f"make `{found[0].use.id}` an input of this model, and pass it where the model is called",
        edits=(*written, listed, *calls),
        cost=0.4,
        check=lambda: _complete(cut, found),
        cause=found[0].place,
        exact=False,
    )


def _calls(cut: Cut, source: SourceFile, names: list[str]) -> Iterator[Edit]:
    """Yield the calls of the model with the further tensors."""
    site = cut.evidence.site_call
    statement = source.statement(site) if site is not None else None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if not isinstance(target, ast.Name):
        return
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == target.id):
            continue
        if len(node.args) == 1 and not isinstance(node.args[0], ast.List | ast.Starred):
            yield edits.wrap(source, node.args[0], f"[{{}}, {', '.join(names)}]")


def _complete(cut: Cut, found: list[Join]) -> Outcome:
    wiring = connections.wiring_of([*cut.wiring.inputs, *(join.foreign for join in found)], list(cut.wiring.outputs))
    if wiring is None or wiring.loose:
        return Outcome(accepted=False, note="the graph is not connected that way")
    return Outcome(accepted=True, note="walked through the graph: the outputs come from these inputs")
