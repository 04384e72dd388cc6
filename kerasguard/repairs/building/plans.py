"""The steps that lead to a refused input, and those that the program would go on with: the rest of a loop or list."""

from __future__ import annotations

import ast
from typing import Any

from kerasguard.adapters import rebuild_plan, specs, wants
from kerasguard.adapters.rebuild_plan import Plan, Slot, Step, leaves
from kerasguard.evidence import Evidence
from kerasguard.provenance.source import SourceFile, node_at
from kerasguard.repairs.building.sites import Site, site_of, value_of
from kerasguard.repairs.failing import call_at

MOST_TURNS = 32
MOST_MORE = 120


def plan_of(evidence: Evidence) -> tuple[Plan, bool] | None:
    """Return the steps that lead to the failing call, and whether they must be traced as fit does."""
    found = _plan_of(evidence)
    if found is not None:
        _remember(evidence, found[0])
        if not found[1]:
            _go_on(evidence, found[0])
    return found


def _remember(evidence: Evidence, plan: Plan) -> None:
    """Note how the user's own layers are made that have no config, from the arguments they were made with."""
    for step in plan.steps:
        layer = step.operation
        if not wants.is_layer(layer) or wants.is_keras(type(layer)) or id(layer) in plan.made:
            continue
        site = site_of(evidence, layer)
        call = None if site is None else call_at(site.call, site.scope)
        if call is not None and call.complete and call.function is type(layer):
            plan.made[id(layer)] = lambda kind, call=call: kind(*call.args, **call.kwargs)  # type: ignore[misc]


def _plan_of(evidence: Evidence) -> tuple[Plan, bool] | None:
    event = evidence.event
    if event.entry in ("call", "op") and symbolic([list(event.args), dict(event.kwargs)]):
        return _with(rebuild_plan.plan_of_call(event.owner, event.args, event.kwargs), traced=False)
    for call in evidence.layer_calls:
        if symbolic(call.inputs) and call.layer is not event.owner:
            return _with(rebuild_plan.plan_of_call(call.layer, (call.inputs,), {}), traced=False)
    if event.entry == "add" and event.args and wants.is_layer(event.args[0]):
        return _with(_added(event.owner, event.args[0]), traced=False)
    for call in evidence.layer_calls:
        if wants.is_model(call.layer) and call.inputs is not None:
            return _with(_on_data(call.layer, call.inputs), traced=True)
    return None


def _with(plan: Plan | None, *, traced: bool) -> tuple[Plan, bool] | None:
    return None if plan is None else (plan, traced)


def _added(model: Any, layer: Any) -> Plan | None:
    """Return the plan for a layer that is added to a Sequential: it would be called on the output there is."""
    try:
        outputs = [leaf for _, leaf in leaves(model.outputs)]
    except (AttributeError, ValueError):
        return None
    return rebuild_plan.plan_of_call(layer, (outputs[0],), {}) if len(outputs) == 1 else None


def _on_data(model: Any, inputs: Any) -> Plan | None:
    shapes = []
    for _, leaf in leaves(inputs):
        shape = specs.shape_of(leaf)
        if not shape:
            return None
        shapes.append(((None, *shape[1:]), specs.dtype_of(leaf)))
    if rebuild_plan.graph_of(model) is not None:
        return rebuild_plan.plan_of_model(model, shapes)
    return rebuild_plan.plan_of_chain(model, *shapes[0]) if wants.is_sequential(model) and len(shapes) == 1 else None


def symbolic(tree: Any) -> bool:
    """Return whether a tree holds a symbolic tensor of Keras."""
    return any(wants.is_keras_tensor(leaf) for _, leaf in leaves(tree))


def _go_on(evidence: Evidence, plan: Plan) -> None:
    """Append what the program would call next on the result: a change has to leave room for that as well."""
    if len(plan.results) != 1 or not wants.is_layer(plan.goal):
        return
    for operation, again in _listed(evidence, plan) or _turns(evidence, plan):
        slot = plan.steps[-1].outputs[0]
        new = max(number for step in plan.steps for number in (*step.outputs, *step.slots)) + 1
        plan.steps.append(Step(operation, (Slot(slot),), {}, (new,), again=again))


def _listed(evidence: Evidence, plan: Plan) -> list[tuple[Any, bool]]:
    """Return the layers behind the refusing one in the list that a Sequential is made of."""
    for entry in evidence.event.stack:
        held = entry.frame.f_locals
        layers = held.get("layers")
        if entry.frame.f_code.co_name == "__init__" and wants.is_sequential(held.get("self")) and layers:
            index = next((at for at, one in enumerate(layers) if one is plan.goal), None)
            if index is not None and all(wants.is_layer(one) for one in layers):
                return [(one, False) for one in layers[index + 1 :]]
    return []


def _turns(evidence: Evidence, plan: Plan) -> list[tuple[Any, bool]]:
    """Return what the rest of the loop around the refusing layer would call, as its turns before did."""
    site = site_of(evidence, plan.goal)
    around = None if site is None else _loop(site)
    if site is None or around is None:
        return []
    depth, loop = around
    turn = _since_last_turn(evidence, plan, site)
    if turn is None:
        return []
    left = _length(evidence, site, depth, loop) - 1 - len(turn[1])
    here = _position(site, depth)
    later = [step for step, made in turn[0] if _position(made, depth) > here]
    sooner = [step for step, made in turn[0] if _position(made, depth) < here]
    again = [step.operation for step in later]
    for _ in range(min(max(left, 0), MOST_TURNS)):
        again += [step.operation for step in (*sooner, turn[2], *later)]
    return [(operation, True) for operation in again[:MOST_MORE]]


def turns_before(evidence: Evidence, plan: Plan, site: Site) -> int:
    """Return how many turns of its loop went well before the one in which a layer was refused."""
    made = (site_of(evidence, step.operation) for step in plan.upstream(plan.steps[plan.failing]))
    return sum(1 for one in made if one is not None and one.call is site.call)


def _since_last_turn(
    evidence: Evidence, plan: Plan, site: Site
) -> tuple[list[tuple[Step, Site]], list[Step], Step] | None:
    """Return the steps between this layer and the last one of the same call, all such layers, and the last one."""
    between: list[tuple[Step, Site]] = []
    alike: list[Step] = []
    last = None
    for step in plan.upstream(plan.steps[-1]):
        made = site_of(evidence, step.operation) if wants.is_layer(step.operation) else None
        if made is not None and made.call is site.call:
            last = last or step
            alike.append(step)
        elif last is None:
            if made is None or len(step.slots) != 1 or len(plan.consumers(step)) != 1:
                return None
            between.append((step, made))
    return None if last is None else (between[::-1], alike, last)


def _loop(site: Site) -> tuple[int, ast.For | ast.comprehension] | None:
    """Return the loop in which a layer is made, and how many calls further out in the stack it stands."""
    for depth, (code, lasti) in enumerate(site.origin.stack):
        located = node_at(code, lasti)
        if located is None:
            return None
        source: SourceFile = located[0]
        current = source.parent(located[1])
        while current is not None and not isinstance(current, ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.Module):
            if isinstance(current, ast.For):
                return depth, current
            if isinstance(current, ast.ListComp | ast.GeneratorExp):
                return depth, current.generators[0]
            current = source.parent(current)
    return None


def _position(site: Site, depth: int) -> tuple[tuple[int, int], ...]:
    """Return where a layer is made, from the loop's body inwards: what is made later in a turn compares greater."""
    found = []
    for code, lasti in site.origin.stack[depth::-1]:
        located = node_at(code, lasti)
        node = None if located is None else located[1]
        found.append((getattr(node, "lineno", 0), getattr(node, "end_col_offset", 0)))
    return tuple(found)


def _length(evidence: Evidence, site: Site, depth: int, loop: ast.For | ast.comprehension) -> int:
    """Return how many turns a loop has, 0 where that is not known."""
    scope = site.scope if depth == 0 else None
    for live in evidence.scopes:
        if live.source is not None and live.source.owner(loop.iter) is live.owner:
            scope = live
    try:
        return 0 if scope is None else len(value_of(loop.iter, scope))
    except TypeError:
        return 0
