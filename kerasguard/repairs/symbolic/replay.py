"""Compute an expression of the user's model-building code on symbolic tensors: only Keras and operators are called."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.trial_graph import Undecidable
from kerasguard.provenance.evaluate import OPERATORS, evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.repairs.failing import FailingCall, has_symbolic, is_live

Replace = Mapping[ast.AST, Callable[..., Any]]


def replay(  # noqa: C901 - one case per kind of expression
    node: ast.expr, scope: Scope, instead: Replace | None = None, names: Mapping[str, Any] | None = None
) -> Any:
    """Return what an expression gives; for use inside a trial, since it builds layers and nodes.

    Parameters
    ----------
    instead
        Calls of the expression (by syntax node) that are made with another function.
    names
        Values for names, ahead of those in the scope.

    Raises
    ------
    Undecidable
        When it would have to run code of the user's, or does not know a value.
    """
    replaced, known = instead or {}, names or {}

    def value(part: ast.expr) -> Any:
        if isinstance(part, ast.Name) and part.id in known:
            return known[part.id]
        if isinstance(part, ast.Call):
            return called(part)
        if isinstance(part, ast.BinOp):
            return OPERATORS[type(part.op)](value(part.left), value(part.right))
        if isinstance(part, ast.UnaryOp) and type(part.op) in OPERATORS:
            return OPERATORS[type(part.op)](value(part.operand))
        if isinstance(part, ast.Compare) and len(part.ops) == 1 and type(part.ops[0]) in OPERATORS:
            return OPERATORS[type(part.ops[0])](value(part.left), value(part.comparators[0]))
        if isinstance(part, ast.List | ast.Tuple) and not any(isinstance(item, ast.Starred) for item in part.elts):
            items = [value(item) for item in part.elts]
            return items if isinstance(part, ast.List) else tuple(items)
        if isinstance(part, ast.Subscript) and not isinstance(part.slice, ast.Slice | ast.Tuple):
            base = value(part.value)
            if not has_symbolic(base) or isinstance(base, list | tuple | dict):
                return base[value(part.slice)]
        found = evaluate(part, scope)
        if not is_live(found):
            raise Undecidable(f"`{ast.unparse(part)[:40]}` is not known")
        return found

    def called(call: ast.Call) -> Any:
        function = replaced.get(call)
        if function is None:
            function = value(call.func)
            if not _is_library(function):
                raise Undecidable("it calls the program's own code")
        if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
            raise Undecidable("starred arguments")
        return function(*[value(arg) for arg in call.args], **{str(k.arg): value(k.value) for k in call.keywords})

    return value(node)


def called_next(call: FailingCall, made: Any) -> Any:
    """Return what the program goes on to make of a layer: ``Layer(...)(x)`` calls it at once."""
    outer = call.source.parent(call.node)
    if not isinstance(outer, ast.Call) or outer.func is not call.node:
        return made
    return replay(outer, call.scope, {outer: made})


def _is_library(function: Any) -> bool:
    """Return whether calling this runs no code of the user's: Keras' own things, TensorFlow's ops."""
    if isinstance(function, type):
        module = function.__module__
    elif inspect.isroutine(function):
        module = str(getattr(function, "__module__", "") or "")
    elif specs.kind_of(function) == "layer":
        module = type(function).__module__
    else:
        return False
    root = module.partition(".")[0]
    return root in ("keras", "tf_keras", "builtins") or module.startswith("tensorflow.python.ops")
