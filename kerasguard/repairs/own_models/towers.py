"""Two models of the user's own give vectors of other lengths that meet: a layer at the end of one brings it to length."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import New
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.walk import chain
from kerasguard.repairs import edits
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.own_code import Method, methods
from kerasguard.repairs.building.sites import site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import call_at
from kerasguard.repairs.operations.axes import sides_in_turn
from kerasguard.repairs.operations.clashes import Clash
from kerasguard.repairs.own_models import remade
from kerasguard.vocabulary import Edit

SIZES = ("units", "filters", "output_dim")
UNMADE, MADE = 0.5, 0.75  # a length that no layer fixes alone (the sum of several) is the likelier accident


def projected(evidence: Evidence, clash: Clash) -> Iterator[Candidate]:
    """Put a Dense layer at the end of the model that gives one side, as wide as the other side is."""
    differing = clash.differing()
    if differing is None or differing[0] != -1:
        return
    for side, _, wrong, right in sides_in_turn(clash, differing[1]):
        model = _tower(clash, side.node)
        if model is None:
            continue
        found = _written(evidence, model, right)
        if found is None:
            continue
        written, returned = found
        fixed = any(getattr(part, name, None) == wrong for part in wants.parts_of(model) for name in SIZES)
        yield Candidate(
            title=f"bring what {model.name!r} gives to {right} columns with a Dense layer",
            edits=written,
            cost=MADE if fixed else UNMADE,
            check=remade.tried(evidence, written),
            cause=returned[0].place(returned[1], "call"),
        )


def _tower(clash: Clash, node: ast.expr) -> Any:
    """Return the model or layer of a class of the user's own that gives a side."""
    budget = Budget(nodes=20_000, seconds=0.2)
    links: list[Link] = chain(node, clash.scope, (), budget)
    for link in links:
        called = evaluate(link.node.func, link.scope, budget) if isinstance(link.node, ast.Call) else None
        if wants.is_layer(called):
            return None if wants.is_keras(type(called)) else called
    return None


def _written(
    evidence: Evidence, model: Any, size: int
) -> tuple[tuple[Edit, ...], tuple[SourceFile, ast.Return]] | None:
    init, call = (next(methods(model, (name,)), None) for name in ("__init__", "call"))
    if init is None or call is None or init.source is not call.source:
        return None
    returns = [one for one in ast.walk(call.node) if isinstance(one, ast.Return) and one.value is not None]
    like = _layer_call(init, model)
    if len(returns) != 1 or like is None or isinstance(returns[0].value, ast.Tuple | ast.Dict):
        return None
    spelled = writing.spelled(init.source, like, New("Dense", {"units": size}))
    if spelled is None or returns[0].value is None:
        return None
    text, imports = spelled
    named = _parameter(evidence, model, size)
    text = text if named is None else text.replace(f"({size})", f"({named})")
    own = init.node.args.args[0].arg
    attribute = next(name for name in ("projection", "projection_to_size", "projected_end") if not hasattr(model, name))
    made = edits.insert_after(init.source, init.node.body[-1], f"{own}.{attribute} = {text}")
    used = edits.wrap(call.source, returns[0].value, f"{call.node.args.args[0].arg}.{attribute}({{}})")
    return (made, used, *imports), (call.source, returns[0])


def _layer_call(init: Method, model: Any) -> ast.Call | None:
    """Return a call in the constructor that makes one of Keras' layers: it shows how the file names them."""
    for statement in init.node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(statement, ast.Assign) and isinstance(target, ast.Attribute):
            part = getattr(model, target.attr, None)
            if wants.is_layer(part) and wants.is_keras(type(part)) and isinstance(statement.value, ast.Call):
                return statement.value
    return None


def _parameter(evidence: Evidence, model: Any, size: int) -> str | None:
    """Return the constructor's parameter that has this size, where the model was made with it."""
    site = site_of(evidence, model)
    call = None if site is None else call_at(site.call, site.scope)
    if call is None or call.function is not type(model):
        return None
    try:
        bound = inspect.signature(type(model)).bind(*call.args, **call.kwargs)
    except (TypeError, ValueError):
        return None
    bound.apply_defaults()
    return next((name for name, value in bound.arguments.items() if type(value) is int and value == size), None)
