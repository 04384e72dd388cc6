"""Changes in the constructor of the user's own layer: a part of it that is made with another parameter's size."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Change
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.building.own_code import maker, methods, patched
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import argument
from kerasguard.repairs.failing import call_at

SIZES = ("units", "filters")
MOST_CHANGES = 8


def own_parts(failure: Failure) -> Iterator[Proposal]:
    """Make a layer inside the refusing one with another of its parameters, one that is a size of its input."""
    layer = failure.step.operation
    if failure.nested or not wants.is_layer(layer) or wants.is_model(layer) or wants.is_keras(type(layer)):
        return
    values = _parameters(failure)
    sizes = {size for shape in failure.given for size in (shape or ())[-1:]}
    tried = 0
    for method in methods(layer, ("__init__",)):
        # What a layer gives in the end is decided by the parts that are made last.
        for name, node, size in reversed(list(_parts(layer, method.source, method.node))):
            for other, value in values.items():
                if value == size or value not in sizes or tried >= MOST_CHANGES:
                    continue
                written = (edits.replace(method.source, node, other),)
                new = patched(method, written)
                if new is None:
                    continue
                tried += 1
                made = failure.plan.made.get(id(layer))
                alike = [one for one in failure.group(layer) if type(one) is type(layer)]
                statement = method.source.statement(node) or node
                yield Proposal(
                    title=f"make `{name}` with {other}, as the input has it",
                    change=Change(made={id(one): maker(one, method, new, made) for one in alike}),
                    edits=written,
                    cost=0.45,
                    cause=method.source.place(statement, method.node.name),
                    names=(type(layer).__name__, name.rpartition(".")[2], name, method.source.segment(node), other),
                )


def _parameters(failure: Failure) -> dict[str, int]:
    """Return the whole numbers that the layer was made with, by parameter."""
    layer = failure.step.operation
    site = failure.site(layer)
    call = None if site is None else call_at(site.call, site.scope)
    if call is None or not call.complete or call.function is not type(layer):
        return {}
    try:
        bound = inspect.signature(type(layer)).bind(*call.args, **call.kwargs)
    except (TypeError, ValueError):
        return {}
    bound.apply_defaults()
    return {name: value for name, value in bound.arguments.items() if type(value) is int}


def _parts(layer: object, source: SourceFile, method: ast.FunctionDef) -> Iterator[tuple[str, ast.expr, int]]:
    """Yield the layers that a constructor keeps: attribute, expression of the size, and the size itself."""
    for statement in ast.walk(method):
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target = statement.targets[0]
        if not isinstance(target, ast.Attribute) or not isinstance(statement.value, ast.Call):
            continue
        part = getattr(layer, target.attr, None)
        for name in SIZES if wants.is_layer(part) and wants.is_keras(type(part)) else ():
            node, size = argument(statement.value, type(part), name), getattr(part, name, None)
            if isinstance(node, ast.Name | ast.Attribute | ast.BinOp) and isinstance(size, int):
                yield source.segment(target), node, size
