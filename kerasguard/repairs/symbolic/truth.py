"""A symbolic tensor as a Python truth value: what was tested, and how it is written without asking for the truth."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import symbolic
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.bindings import default_of
from kerasguard.provenance.dataflow import references
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import has_symbolic, keras_path, statement_place
from kerasguard.repairs.symbolic.foreign import replacements, stand_in
from kerasguard.repairs.symbolic.replay import replay
from kerasguard.vocabulary import Edit

ASKING = ("__bool__", "__len__", "__nonzero__", "_disallow_bool_casting", "_disallow_when_autograph_unavailable")
LARGEST = {"max": "maximum", "min": "minimum"}


@dataclass(frozen=True)
class Tested:
    """A test of a symbolic tensor.

    Attributes
    ----------
    whole
        The ``if``, ``while``, conditional expression, ``and``/``or``, ``not`` or call that asks.
    tensor
        The expression that is asked.
    """

    whole: ast.AST
    tensor: ast.expr
    scope: Scope
    source: SourceFile
    root: str


def tested(evidence: Evidence) -> Tested | None:
    """Return what the user's innermost line asked for its truth."""
    if not evidence.frames or not evidence.library or not _asks(evidence):
        return None
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    if frame.source is None or frame.node is None:
        return None
    root = symbolic.flavour(evidence.event.owner, *(one.layer for one in evidence.layer_calls)) or "keras"
    found = _test_at(frame.node, frame.source, scope)
    return None if found is None else Tested(found[0], found[1], scope, frame.source, root)


def _asks(evidence: Evidence) -> bool:
    names = [frame.f_code.co_name for frame in evidence.library[:4]]
    return any(name in ASKING for name in names)


def _test_at(node: ast.AST, source: SourceFile, scope: Scope) -> tuple[ast.AST, ast.expr] | None:
    """Return the asking construct at or around a node, with the operand that is asked."""
    if isinstance(node, ast.Call):
        function = evaluate(node.func, scope)
        if function in (max, min, any, all, bool, sorted, sum):
            return node, node.args[0] if node.args else node
        if function is len:
            return None
    current: ast.AST | None = node
    while current is not None:
        found = _asking(current, node, scope)
        if found is not None:
            return found
        if isinstance(current, ast.stmt):
            return None
        current = source.parent(current)
    return None


def _asking(current: ast.AST, node: ast.AST, scope: Scope) -> tuple[ast.AST, ast.expr] | None:
    """Return the construct and its operand where this node asks for the truth of something around `node`."""
    if isinstance(current, ast.If | ast.While | ast.IfExp) and (current is node or _within(node, current.test)):
        return _innermost(current, current.test, node, scope)
    if isinstance(current, ast.BoolOp) or (isinstance(current, ast.UnaryOp) and isinstance(current.op, ast.Not)):
        return _innermost(current, current, node, scope)
    if isinstance(current, ast.Assert):
        return current, current.test
    if isinstance(current, ast.Compare) and isinstance(current.ops[0], ast.In | ast.NotIn):
        return current, current.left
    return None


def _innermost(whole: ast.AST, test: ast.expr, node: ast.AST, scope: Scope) -> tuple[ast.AST, ast.expr]:
    """Go into ``and``, ``or`` and ``not`` as far as the operand that is symbolic."""
    if isinstance(test, ast.BoolOp):
        for value in test.values:
            if _is_symbolic(value, scope) or value is node:
                return _innermost(test, value, node, scope)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _innermost(test, test.operand, node, scope)
    return whole, test


def _is_symbolic(node: ast.expr, scope: Scope) -> bool:
    if isinstance(node, ast.Name | ast.Attribute):
        return has_symbolic(evaluate(node, scope))
    return any(
        has_symbolic(scope.current(one.id))
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and not isinstance(node, ast.Call)
    )


def _within(node: ast.AST, other: ast.AST) -> bool:
    return any(child is node for child in ast.walk(other))


def names_read(source: SourceFile, node: ast.AST) -> list[str]:
    """Return the names in an expression."""
    return sorted(references(source, node))


def candidates(evidence: Evidence, found: Tested) -> Iterator[Candidate]:
    """Propose a test for None where that is meant, else a choice between the values."""
    yield from _none_tests(found)
    yield from _choices(evidence, found)
    yield from _extremes(found)


# -- `x or y`, `if x:` -------------------------------------------------------------------------------------------------


def _none_tests(found: Tested) -> Iterator[Candidate]:
    """Propose ``is None`` where a tensor itself, not a comparison, is asked."""
    source, text = found.source, found.source.segment(found.tensor)
    if not isinstance(found.tensor, ast.Name | ast.Attribute) or not _may_be_none(found):
        return
    whole = found.whole
    edit: Edit | None = None
    if isinstance(whole, ast.BoolOp) and len(whole.values) == 2 and whole.values[0] is found.tensor:
        other = source.segment(whole.values[1])
        parent = source.parent(whole)
        if isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is whole:
            edit = edits.replace(source, found.tensor, f"{text} is not None")
        else:
            new = (
                f"{other} if {text} is None else {text}"
                if isinstance(whole.op, ast.Or)
                else f"{other} if {text} is not None else None"
            )
            bare = isinstance(parent, ast.Assign | ast.Return | ast.keyword | ast.Call)
            edit = edits.replace(source, whole, new if bare else f"({new})")
    elif isinstance(whole, ast.UnaryOp):
        edit = edits.replace(source, whole, f"{text} is None")
    elif isinstance(whole, ast.If | ast.While | ast.IfExp | ast.Assert | ast.BoolOp):
        edit = edits.replace(source, found.tensor, f"{text} is not None")
    if edit is None:
        return
    yield Candidate(
        title=f"ask whether `{text}` is None",
        edits=(edit,),
        cost=1.0,
        check=lambda: Outcome(accepted=True, error=None, note=f"`{text}` is there, and is not asked for its values"),
        cause=statement_place(source, found.tensor),
        applicability="safe",
    )


def _may_be_none(found: Tested) -> bool:
    """Return whether a name was made to be tested: a parameter with a default, or bound to None somewhere."""
    if isinstance(found.tensor, ast.Attribute):
        return True
    if not isinstance(found.tensor, ast.Name):
        return False
    name, owner = found.tensor.id, found.scope.owner
    if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        default = default_of(owner, name)
        if default is not None:
            return True
    for node in ast.walk(owner or found.source.tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant) or node.value.value:
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            return True
    return isinstance(found.whole, ast.BoolOp | ast.UnaryOp) or (
        not isinstance(evaluate(found.tensor, found.scope), bool) and _is_parameter(owner, name)
    )


def _is_parameter(owner: ast.AST | None, name: str) -> bool:
    arguments = getattr(owner, "args", None)
    return isinstance(arguments, ast.arguments) and any(
        arg.arg == name for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    )


# -- `if a > b: x = ...` -----------------------------------------------------------------------------------------------


def _choices(evidence: Evidence, found: Tested) -> Iterator[Candidate]:
    """Propose ``where`` for a condition on values."""
    del evidence
    source, whole = found.source, found.whole
    pair = _branches(source, whole)
    if pair is None or found.tensor is not getattr(whole, "test", None):
        return
    target, first, second = pair
    where, imports, function = _where(found)
    if function is None:
        return
    condition = source.segment(found.tensor)
    first_text, second_text = source.segment(first), source.segment(second) if isinstance(second, ast.AST) else second
    new = f"{where}({condition}, {first_text}, {second_text})"
    if isinstance(whole, ast.IfExp):
        written = edits.replace(source, whole, new)
    else:
        place = source.place(whole)
        inner = [node for node in ast.walk(whole) if isinstance(node, ast.stmt) and node is not whole]
        last = max(inner, key=lambda node: node.end_lineno or 0)
        end = source.place(last)
        lead = f"{target} = " if target else "return "
        written = Edit(source.filename, (place.row, place.column), (end.end_row, end.end_column), lead + new)
    check = _tried(found, function, first, second)
    yield Candidate(
        title="choose between the two values with `where`",
        edits=(*imports, written),
        cost=1.5,
        check=check,
        cause=statement_place(source, found.tensor),
    )


def _branches(source: SourceFile, whole: ast.AST) -> tuple[str, ast.expr, ast.expr | str] | None:
    """Return what is bound, its value where the condition holds, and its value elsewhere."""
    if isinstance(whole, ast.IfExp):
        return "", whole.body, whole.orelse
    if not isinstance(whole, ast.If) or len(whole.body) != 1 or len(whole.orelse) > 1:
        return None
    first = whole.body[0]
    if isinstance(first, ast.Assign) and len(first.targets) == 1:
        target = source.segment(first.targets[0])
        if not whole.orelse:
            return target, first.value, target
        other = whole.orelse[0]
        if isinstance(other, ast.Assign) and source.segment(other.targets[0]) == target:
            return target, first.value, other.value
    if isinstance(first, ast.Return) and first.value is not None and whole.orelse:
        other = whole.orelse[0]
        if isinstance(other, ast.Return) and other.value is not None:
            return "", first.value, other.value
    return None


def _where(found: Tested) -> tuple[str, tuple[Edit, ...], Callable[..., Any] | None]:
    return spelled(found.scope, found.source, found.root, "where")


def spelled(
    scope: Scope, source: SourceFile, root: str, name: str
) -> tuple[str, tuple[Edit, ...], Callable[..., Any] | None]:
    """Return a function of keras.ops, or of TensorFlow under tf_keras, with its spelling in this file."""
    import sys

    if root == "tf_keras":
        known = edits.alias(source, "tensorflow")
        imports = () if known else (edits.import_line(source, "import tensorflow as tf"),)
        return f"{known or 'tf'}.{name}", imports, getattr(sys.modules.get("tensorflow"), name, None)
    text, found = keras_path(scope, root, f"ops.{name}")
    return text, found, getattr(getattr(sys.modules.get("keras"), "ops", None), name, None)


def _tried(
    found: Tested, function: Callable[..., Any], first: ast.expr, second: ast.expr | str
) -> Callable[[], Outcome]:
    live = {name: value for name, value in found.scope.names.items() if has_symbolic(value)}
    parts = [part for part in (first, second, found.tensor) if isinstance(part, ast.expr)]
    instead: dict[ast.AST, Callable[..., Any]] = {
        call: made for part in parts for call, made in replacements(part, found.scope, found.root)
    }

    def run() -> Any:
        names = {name: stand_in(value, found.root) for name, value in live.items()}
        one = replay(first, found.scope, instead, names)
        two = names[second] if isinstance(second, str) else replay(second, found.scope, instead, names)
        return function(replay(found.tensor, found.scope, instead, names), one, two)

    return lambda: symbolic.attempt(run, list(live.values()), found.root, "it returns")


# -- max(a, b) ---------------------------------------------------------------------------------------------------------


def _extremes(found: Tested) -> Iterator[Candidate]:
    """Propose the elementwise function for Python's own ``max`` and ``min``."""
    whole = found.whole
    if not isinstance(whole, ast.Call) or not isinstance(whole.func, ast.Name) or whole.func.id not in LARGEST:
        return
    if len(whole.args) != 2 or whole.keywords:
        return
    text, imports, function = spelled(found.scope, found.source, found.root, LARGEST[whole.func.id])
    if function is None:
        return
    names = {name: stand_in(value, found.root) for name, value in found.scope.names.items() if has_symbolic(value)}
    yield Candidate(
        title=f"use {text}",
        edits=(*imports, edits.replace(found.source, whole.func, text)),
        cost=1.0,
        check=lambda: symbolic.attempt(
            lambda: replay(whole, found.scope, {whole: function}, names), list(names.values()), found.root, "it returns"
        ),
        cause=statement_place(found.source, whole),
        applicability="safe",
    )
