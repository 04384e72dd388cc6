"""Write a transformation into the user's source: at the use, at the binding, or where the value is born."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.transformations import Transformation
from kerasguard.vocabulary import Edit

TENSORS = frozenset({"eager", "variable", "symbolic", "ragged", "sparse"})
METHODS = frozenset({"fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"})


def pattern(source: SourceFile, kind: str, patterns: dict[str, str]) -> tuple[str, tuple[Edit, ...]]:
    """Return the pattern for a value of this kind in the file's own aliases, and the imports it needs."""
    if kind in TENSORS and "tensor" in patterns:
        text, module, name = patterns["tensor"], "tensorflow", "tf"
    elif kind not in TENSORS and "numpy" in patterns:
        text, module, name = patterns["numpy"], "numpy", "np"
    else:
        return patterns["any"], ()
    if f"{name}." not in text:
        return text, ()
    known = edits.alias(source, module)
    if known is not None:
        return text.replace(f"{name}.", f"{known}."), ()
    if "any" in patterns:
        return patterns["any"], ()
    return text, (edits.import_line(source, f"import {module} as {name}"),)


def at_use(evidence: Evidence, given: Given, change: Transformation) -> tuple[Edit, ...]:
    """Write the change around the expression that was passed, and around its like in later calls of the same model."""
    if given.node is None or given.scope is None or given.scope.source is None or given.rest:
        return ()
    source = given.scope.source
    text, imports = pattern(source, given.spec.kind, change.patterns)
    found = [edits.wrap(source, node, text) for node in (given.node, *siblings(evidence, given, change))]
    return (*imports, *_distinct(found))


def siblings(evidence: Evidence, given: Given, change: Transformation) -> Iterator[ast.expr]:
    """Yield the expressions in later calls of the same model whose values need, and take, the same change."""
    if (
        change.kind == "rows"
        or evidence.site is None
        or given.scope is not evidence.scopes[evidence.site]
        or given.shape is None
    ):
        return
    for node in later_arguments(evidence, given.scope, given.slot):
        if isinstance(node, ast.Name) and node is not given.node and _alike(given.scope.current(node.id), given):
            yield node


def later_arguments(evidence: Evidence, scope: Scope, slot: str = "x") -> Iterator[ast.expr]:
    """Yield what later calls of the same model, and this call's validation data, are given for one slot."""
    call, source = evidence.site_call, scope.source
    if call is None or source is None:
        return
    name = source.segment(_receiver(call))
    for other in ast.walk(scope.owner or source.tree):
        if isinstance(other, ast.Call) and other.lineno >= call.lineno and source.segment(_receiver(other)) == name:
            yield from _passed_as(other, slot)


def _receiver(call: ast.Call) -> ast.expr:
    """Return the model whose method a call is, or that it calls."""
    func = call.func
    return func.value if isinstance(func, ast.Attribute) and func.attr in METHODS else func


def is_passed(source: SourceFile, node: ast.AST) -> bool:
    """Return whether an expression is an argument of a method for training or prediction."""
    parent = source.parent(node)
    while isinstance(parent, ast.Tuple | ast.List | ast.keyword):
        parent = source.parent(parent)
    return isinstance(parent, ast.Call) and getattr(parent.func, "attr", "") in METHODS


def _passed_as(call: ast.Call, slot: str) -> Iterator[ast.expr]:
    """Yield the plain arguments of a call that fill the slot, validation data included."""
    position = {"x": 0, "y": 1}.get(slot)
    if position is None:
        return
    if position < len(call.args):
        yield call.args[position]
    for keyword in call.keywords:
        if keyword.arg == slot:
            yield keyword.value
        if (
            keyword.arg == "validation_data"
            and isinstance(keyword.value, ast.Tuple)
            and position < len(keyword.value.elts)
        ):
            yield keyword.value.elts[position]


def _alike(value: Any, given: Given) -> bool:
    shape = specs.shape_of(value)
    if shape is None or given.shape is None:
        return False
    return shape[1:] == given.shape[1:] and len(shape) == len(given.shape)


def _distinct(found: list[Edit]) -> list[Edit]:
    unique: dict[tuple[str, tuple[int, int]], Edit] = {}
    for edit in found:
        unique.setdefault((edit.filename, edit.start), edit)
    return list(unique.values())


def at_birth(scope: Scope, node: ast.expr, kind: str, change: Transformation) -> tuple[Edit, ...]:
    """Write the change around the expression that makes the value, with axes counted from the end."""
    if scope.source is None or change.trailing is None:
        return ()
    text, imports = pattern(scope.source, kind, change.trailing)
    return (*imports, edits.wrap(scope.source, node, text))


def helps_here_only(evidence: Evidence, changes: Iterable[Edit]) -> bool:
    """Return whether edits stand in the one call that failed, while other lines of the function call the same.

    A method of an object, ``self.net(...)``, is looked for in the class around it.
    """
    call, site = evidence.site_call, evidence.site
    source = None if site is None else evidence.scopes[site].source
    if evidence.event.entry != "call" or call is None or source is None:
        return False
    place = source.place(call)
    first, last = (place.row, place.column), (place.end_row, place.end_column)
    here = [one for one in changes if one.filename == source.filename and first <= one.start <= one.end <= last]
    if not here:
        return False
    owner = source.owner(call)
    around: ast.AST = owner
    if any(isinstance(one, ast.Name) and one.id in ("self", "cls") for one in ast.walk(call.func)):
        around = next((one for one in _around(source, owner) if isinstance(one, ast.ClassDef)), owner)
    named = ast.dump(call.func)
    return any(
        isinstance(one, ast.Call) and one is not call and ast.dump(one.func) == named for one in ast.walk(around)
    )


def _around(source: SourceFile, node: ast.AST) -> Iterator[ast.AST]:
    current: ast.AST | None = node
    while current is not None:
        yield current
        current = source.parent(current)
