"""Outputs that are data: where the values came in, and the symbolic tensor that belongs there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.dataflow import references, slice_of
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import Ghost
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.graph.rewiring import DATA, Fed
from kerasguard.vocabulary import Place

GIVING_VALUES = frozenset({"predict", "predict_on_batch", "numpy"})


@dataclass(frozen=True)
class Entry:
    """The expression with which values entered the computation of an output."""

    node: ast.expr
    model: ast.expr | None
    source: SourceFile
    text: str
    place: Place
    names: tuple[str, ...]


def entry(one: Fed) -> Entry | None:
    """Return where the values of an output came in: the earliest ``predict``, else the earliest use of data."""
    scope, source = one.scope, one.source
    statement = source.statement(one.call.node)
    if statement is None:
        return None
    parts = slice_of(source, scope.owner or source.tree, references(source, one.node), statement)
    names = tuple(sorted({name for part in parts for name in part.targets}))
    expressions = [part.value for part in parts] + [one.node]
    for expression in expressions:
        for node in ast.walk(expression):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GIVING_VALUES:
                model = node.func.value
                if specs.kind_of(evaluate(model, scope)) == "model":
                    return Entry(node, model, source, source.segment(node), statement_place(source, node), names)
    for argument in _arguments(expressions):
        if isinstance(argument, ast.Name | ast.Attribute | ast.Call) and _is_data(one, argument):
            return Entry(argument, None, source, source.segment(argument), statement_place(source, argument), names)
    return None


def _arguments(expressions: list[ast.expr]) -> Iterator[ast.expr]:
    for expression in expressions:
        for node in ast.walk(expression):
            if isinstance(node, ast.Call):
                yield from node.args


def _is_data(one: Fed, node: ast.expr) -> bool:
    text = one.source.segment(node)
    statement = one.source.statement(one.call.node)
    made_here = statement is not None and any(
        text in part.targets and _calls_layers(one, part.value)
        for part in slice_of(one.source, one.scope.owner or one.source.tree, {text}, statement)
    )
    if isinstance(node, ast.Call) and _calls_layers(one, node):
        return False
    value = evaluate(node, one.scope)
    kind = value.kind if isinstance(value, Ghost) else specs.kind_of(value)
    return kind in DATA and not made_here


def _calls_layers(one: Fed, node: ast.expr) -> bool:
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            function = call.func.func if isinstance(call.func, ast.Call) else call.func
            value = evaluate(function, one.scope)
            module = getattr(value, "__module__", "") or ""
            if specs.kind_of(value) in ("layer", "model") or str(module).partition(".")[0] in ("keras", "tf_keras"):
                return True
    return False


def candidates(evidence: Evidence, one: Fed) -> Iterator[Candidate]:
    """Propose ``model.output`` or ``model(inputs)`` for a prediction, the Input for data."""
    del evidence
    found = entry(one)
    inputs = next((node for where, node, _ in one.call.nodes() if where in (0, "inputs")), None)
    if found is None or inputs is None:
        return
    source, given = found.source, one.source.segment(inputs)
    if found.model is not None:
        model = source.segment(found.model)
        same = given in (f"{model}.input", f"{model}.inputs")
        text = f"{model}.output" if same else f"{model}({given})"
        title = f"use {text}, which stays symbolic"
    else:
        text, title = given, f"call the layers on `{given}`"
    yield Candidate(
        title=title,
        edits=(edits.replace(source, found.node, text),),
        cost=1.2,
        cause=found.place,
        exact=False,
    )
