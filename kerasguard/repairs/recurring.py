"""The same mistake in a call that the program still has to make: its edit belongs to the repair, its trial is missing.

A trial shows that one call works. Where a later call of the same kind is given the same thing, or another thing of the
kind that was refused, it is changed in the same way, and the repair is not called verified: nothing was tried there.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.coming import coming
from kerasguard.repairs.constructors import scope_at
from kerasguard.repairs.graph.layer_calls import is_layer_class
from kerasguard.vocabulary import Edit

DATA_CALLS = frozenset({"fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"})
SLOTS = {"x": 0, "y": 1}


def everywhere(evidence: Evidence, candidate: Candidate) -> Candidate:
    """Return a repair with the edits that the same mistake needs in the calls to come; itself where there are none."""
    more: list[Edit] = []
    unwritten = False
    for edit in candidate.edits:
        source = source_of(edit.filename)
        node = _argument(source, edit) if source is not None else None
        if source is None or node is None:
            continue
        for one in _again(evidence, source, node):
            made = _same_edit(source, node, edit, *one)
            unwritten = unwritten or made is None
            more += [made] if made is not None and not _touched(made, [*candidate.edits, *more]) else []
    if not more and not unwritten:
        return candidate
    return dataclasses.replace(candidate, edits=(*candidate.edits, *more), partly_tried=True)


def _argument(source: SourceFile, edit: Edit) -> ast.expr | None:
    """Return the argument of a call that an edit replaces as a whole."""
    if edit.start == edit.end:
        return None
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            row, column, end_row, end_column = source.span(node)
            if ((row, column), (end_row, end_column)) == (edit.start, edit.end) and _call_of(source, node) is not None:
                return node
    return None


def _call_of(source: SourceFile, node: ast.expr) -> ast.Call | None:
    """Return the call whose argument, or item of whose list argument, an expression is."""
    inner: ast.AST = node
    around = source.parent(node)
    while isinstance(around, ast.List | ast.Tuple | ast.keyword):
        inner, around = around, source.parent(around)
    return around if isinstance(around, ast.Call) and inner is not around.func else None


def _again(evidence: Evidence, source: SourceFile, node: ast.expr) -> Iterator[tuple[SourceFile, ast.expr]]:
    """Yield what calls of the same kind are given in the calls to come, where it is as wrong."""
    call = _call_of(source, node)
    assert call is not None  # noqa: S101 - only arguments are asked for
    scope = scope_at(evidence, source, node)
    value = evaluate(node, scope)
    role = _role(call, scope, value)
    for one in coming(evidence):
        if one.node is call or _role(one.node, one.scope, value) != role:
            continue
        for slot, other in _arguments(one.node):
            if not isinstance(other, ast.Name | ast.Attribute | ast.Subscript) or other is node:
                continue
            same = (_kind(value) or slot == _slot(call, node)) and _same(scope, node, one.scope, other)
            if same or _as_wrong(evaluate(other, one.scope), value):
                yield one.source, other


def _arguments(call: ast.Call) -> Iterator[tuple[Any, ast.expr]]:
    """Yield what a call is given, items of list displays one by one, with the place among its arguments."""
    waiting: list[tuple[Any, ast.expr]] = [*enumerate(call.args)]
    waiting += [(SLOTS.get(one.arg or "", one.arg), one.value) for one in call.keywords]
    while waiting:
        slot, node = waiting.pop(0)
        if isinstance(node, ast.List | ast.Tuple):
            waiting += [(slot, item) for item in node.elts]
        else:
            yield slot, node


def _slot(call: ast.Call, node: ast.expr) -> Any:
    return next((slot for slot, one in _arguments(call) if one is node), None)


def _same(scope: Scope, node: ast.expr, elsewhere: Scope, other: ast.expr) -> bool:
    """Return whether two expressions of one function read alike, and no name in them was bound anew between them."""
    if elsewhere.owner is not scope.owner or scope.source is None or elsewhere.source is not scope.source:
        return False
    if scope.source.segment(node) != scope.source.segment(other):
        return False
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return all(scope.bindings(name, node) == scope.bindings(name, other) for name in names)


def _kind(value: Any) -> str:
    """Return the kind of a thing that does not belong where a tensor, layer or data does; empty for these."""
    if is_layer_class(value):
        return "class"
    if is_a(value, FunctionType):
        return "function"
    return "model" if specs.kind_of(value) == "model" else ""


def _as_wrong(other: Any, value: Any) -> bool:
    kind = _kind(value)
    return kind in ("class", "model") and _kind(other) == kind


def _role(call: ast.Call, scope: Scope, given: Any) -> Any:
    """Return what a call does with what it is given: calls of one role want the same of it."""
    func = call.func
    if scope.source is None:
        return None
    if isinstance(func, ast.Attribute) and (not _kind(given) or func.attr in ("add", "append", "insert")):
        return func.attr in DATA_CALLS or func.attr, scope.source.segment(func.value)
    if not _kind(given):
        return True, scope.source.segment(func)
    function = evaluate(func.func if isinstance(func, ast.Call) else func, scope)
    if specs.kind_of(function) == "layer" or (isinstance(func, ast.Call) and is_layer_class(function)):
        return "layer"
    return id(function) if callable(function) else call


def _same_edit(source: SourceFile, node: ast.expr, edit: Edit, elsewhere: SourceFile, other: ast.expr) -> Edit | None:
    """Return the edit written for another expression; None where it does not wrap what stands there."""
    old, new = source.segment(node), elsewhere.segment(other)
    if edit.content.count(old) == 1:
        return edits.replace(elsewhere, other, edit.content.replace(old, new))
    return edits.replace(elsewhere, other, edit.content) if old == new and source is elsewhere else None


def _touched(edit: Edit, others: list[Edit]) -> bool:
    return any(one.filename == edit.filename and one.start < edit.end and edit.start < one.end for one in others)
