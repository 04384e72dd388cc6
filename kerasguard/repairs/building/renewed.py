"""A layer that is kept from one model to the next, of another size: made anew in the function that builds each."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Change
from kerasguard.provenance.access import is_a
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.vocabulary import Edit

DEEP = 3


def renewed(failure: Failure) -> Iterator[Proposal]:
    """Make what holds the refusing layer anew where a function uses it that is defined after it was made."""
    layer, evidence = failure.step.operation, failure.evidence
    if not wants.is_layer(layer) or failure.merges or failure.nested or _in_this_model(failure):
        return
    for frame, scope in zip(evidence.frames, evidence.scopes, strict=True):
        if scope.source is None or not isinstance(scope.owner, ast.FunctionDef):
            continue
        statement = None if frame.node is None else scope.source.statement(frame.node)
        for node in ast.walk(statement) if statement is not None else ():
            held = scope.globals.get(node.id) if isinstance(node, ast.Name) and node.id not in scope.names else None
            if not isinstance(node, ast.Name) or held is None or not _holds(held, layer, DEEP):
                continue
            bound = _binding(scope.source, node.id)
            if bound is None or not _is_known(bound.value, scope):
                continue
            made = scope.source.segment(bound.value)
            yield Proposal(
                title=f"make `{node.id}` anew in {scope.owner.name}(), for every model that it builds",
                change=Change(own=frozenset({failure.index})),
                edits=_written(scope.source, scope.owner, node, made),
                cost=0.45,
                cause=scope.source.place(bound),
                names=(node.id,),
            )
            return


def _in_this_model(failure: Failure) -> bool:
    """Return whether the layer was called on the same inputs before: then one model asks for both sizes."""
    mine = {id(step) for step in failure.upstream if step.is_input}
    others = (one for one in failure.plan.steps if one is not failure.step)
    return any(
        one.operation is failure.step.operation and mine & {id(up) for up in failure.plan.upstream(one) if up.is_input}
        for one in others
    )


def _holds(value: Any, layer: Any, depth: int) -> bool:
    """Return whether a value is the layer, or an object of the user's or a list that keeps it."""
    if value is layer:
        return True
    if depth == 0:
        return False
    if is_a(value, list | tuple):
        return any(_holds(one, layer, depth - 1) for one in value)
    if is_a(value, dict):
        return any(_holds(one, layer, depth - 1) for one in value.values())
    if wants.is_layer(value):
        return any(one is layer for one in wants.parts_of(value)) and not wants.graph_inputs(value)
    held = getattr(value, "__dict__", None) if type(value).__module__ == "__main__" else None
    return isinstance(held, dict) and any(_holds(one, layer, depth - 1) for one in held.values())


def _binding(source: SourceFile, name: str) -> ast.Assign | None:
    """Return the one line of the module that binds a name, to the result of a call."""
    found = [
        node
        for node in getattr(source.tree, "body", [])
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
    ]
    return found[0] if len(found) == 1 and isinstance(found[0].value, ast.Call | ast.List) else None


def _is_known(node: ast.expr, scope: Scope) -> bool:
    """Return whether an expression of the module means the same inside a function."""
    read = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return all((name in scope.globals or hasattr(builtins, name)) and name not in scope.names for name in read)


def _written(source: SourceFile, owner: ast.FunctionDef, node: ast.Name, made: str) -> tuple[Edit, ...]:
    """Write the call in the place of its only use, or bind the name in the function where it is used more often."""
    uses = [one for one in ast.walk(owner) if isinstance(one, ast.Name) and one.id == node.id]
    first = min(uses, key=lambda one: (one.lineno, one.col_offset))
    statement = source.statement(first)
    if len(uses) == 1 or statement is None:
        return (edits.replace(source, node, made),)
    while statement not in owner.body and isinstance(above := source.parent(statement), ast.stmt):
        statement = above
    return (edits.insert_before(source, statement, f"{node.id} = {made}"),)
