"""The call in the user's innermost frame: what is called, with which live objects, and how its source is rewritten."""

from __future__ import annotations

import ast
import dataclasses
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import OutOfBudget
from kerasguard.provenance.access import is_a, is_endless, some
from kerasguard.provenance.calls import arguments
from kerasguard.provenance.evaluate import Budget, evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import UNKNOWN, Ghost
from kerasguard.repairs import edits
from kerasguard.vocabulary import Edit, Place

SYMBOLIC = frozenset({"keras", "symbolic"})


@dataclass(frozen=True)
class FailingCall:
    """A call of the user's.

    Attributes
    ----------
    function
        What is called, UNKNOWN where that cannot be told.
    args, kwargs
        The values of its arguments: live objects, Ghosts, or UNKNOWN.
    complete
        Whether every argument is a live object.
    """

    node: ast.Call
    scope: Scope
    source: SourceFile
    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    complete: bool

    def nodes(self) -> Iterator[tuple[str | int, ast.expr, Any]]:
        """Yield (position or keyword, expression, value) of the arguments that are written out."""
        if not any(isinstance(arg, ast.Starred) for arg in self.node.args):
            yield from (
                (index, node, value) for index, (node, value) in enumerate(zip(self.node.args, self.args, strict=False))
            )
        for keyword in self.node.keywords:
            if keyword.arg is not None and keyword.arg in self.kwargs:
                yield keyword.arg, keyword.value, self.kwargs[keyword.arg]

    @property
    def place(self) -> Place:
        """The statement of the call, by its header where it is a block."""
        return statement_place(self.source, self.node)


def statement_place(source: SourceFile, node: ast.AST) -> Place:
    """Return the place of the statement around a node; of the node itself in a block's header, or on a later line."""
    statement = source.statement(node)
    if statement is None or isinstance(getattr(statement, "body", None), list):
        return source.place(node)
    return source.place(statement if getattr(node, "lineno", 0) == statement.lineno else node)


def failing_call(evidence: Evidence, index: int = -1) -> FailingCall | None:
    """Return the call at which a user frame stands (by default the innermost)."""
    if not evidence.frames:
        return None
    frame, scope = evidence.frames[index], evidence.scopes[index]
    if not isinstance(frame.node, ast.Call) or scope.source is None:
        return None
    call = call_at(frame.node, scope)
    if call is not None and evidence.frames[index] is evidence.frames[evidence.site or 0]:
        call = _as_caught(evidence, call)
    if call is not None and not is_live(call.function):
        called = _called_method(evidence, call) or _called_layer(evidence)
        if called is not None:
            call = dataclasses.replace(call, function=called)
    return call


def _as_caught(evidence: Evidence, call: FailingCall) -> FailingCall:
    """Return the guarded call with the live arguments that were caught, where they are those that are written."""
    event, node = evidence.event, call.node
    names = [keyword.arg for keyword in node.keywords]
    if event.entry not in ("call", "functional") or call.complete or len(node.args) != len(event.args):
        return call
    if any(isinstance(arg, ast.Starred) for arg in node.args) or names != list(event.kwargs):
        return call
    owner = event.owner if event.entry == "call" and not isinstance(call.function, type) else call.function
    return dataclasses.replace(call, function=owner, args=event.args, kwargs=dict(event.kwargs), complete=True)


def _called_method(evidence: Evidence, call: FailingCall) -> Any:
    """Return the guarded method that the call names, where the innermost user frame called it."""
    entry, owner, func = evidence.event.entry, evidence.event.owner, call.node.func
    if not isinstance(func, ast.Attribute) or func.attr != entry or evidence.site != len(evidence.frames) - 1:
        return None
    return getattr(owner, entry, None)


def _called_layer(evidence: Evidence) -> Any:
    """Return the layer whose call the user's innermost frame made, as its frame in Keras holds it."""
    below = {id(frame) for frame in evidence.library}
    return next((one.layer for one in evidence.layer_calls if id(one.frame) in below), None)


def call_at(node: ast.Call, scope: Scope) -> FailingCall | None:
    """Return what is known of a call that stands in a scope."""
    if scope.source is None:
        return None
    budget = Budget(nodes=20_000, seconds=0.2)
    function = evaluate(node.func, scope, budget)
    try:
        given = arguments(node, scope, budget)
    except (OutOfBudget, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        given = None
    args, kwargs = given if given is not None else ((), {})
    complete = given is not None and all(is_live(value) for value in (*args, *kwargs.values()))
    return FailingCall(node, scope, scope.source, function, args, kwargs, complete)


def is_live(value: Any, around: tuple[int, ...] = ()) -> bool:
    """Return whether a value is the user's object itself, in all its parts."""
    if value is UNKNOWN or is_a(value, Ghost) or type(value).__module__.startswith("kerasguard."):
        return False
    if is_a(value, list | tuple | dict) and not is_endless(value, around):
        return all(is_live(item, (*around, id(value))) for item in some(value))
    return True


def has_symbolic(value: Any, around: tuple[int, ...] = ()) -> bool:
    """Return whether a value is, or holds, a symbolic tensor."""
    if is_a(value, list | tuple | dict) and not is_endless(value, around):
        return any(has_symbolic(item, (*around, id(value))) for item in some(value))
    return specs.kind_of(value) in SYMBOLIC


def keras_path(scope: Scope, root: str, path: str) -> tuple[str, tuple[Edit, ...]]:
    """Return how this file spells something of Keras (``layers.Lambda``), and the import that it needs.

    Parameters
    ----------
    root
        ``keras`` or ``tf_keras``.
    path
        Dotted, below the package.
    """
    for depth in range(len(path.split(".")), -1, -1):
        head = ".".join(path.split(".")[:depth])
        tail = ".".join(path.split(".")[depth:])
        for name in _names_of(scope, root, head):
            return ".".join(part for part in (name, tail) if part), ()
    if _tensorflow_keras_is(root):
        for name, value in scope.globals.items():
            if isinstance(value, ModuleType) and value.__name__ == "tensorflow" and not name.startswith("_"):
                return f"{name}.keras.{path}", ()
        line = "from tensorflow import keras"
    else:
        line = f"import {root} as keras" if root != "keras" else "import keras"
    assert scope.source is not None  # noqa: S101 - callers have a source
    return f"keras.{path}", (edits.import_line(scope.source, line),)


def _names_of(scope: Scope, root: str, head: str) -> Iterator[str]:
    """Yield global names bound to the package's module or class at a dotted path."""
    wanted = _at(root, head)
    if wanted is None:
        return
    for name, value in list(scope.globals.items()):
        if name.startswith("_"):
            continue
        if value is wanted or (
            isinstance(value, ModuleType)
            and isinstance(wanted, ModuleType)
            and _plain(value.__name__) == _plain(wanted.__name__)
        ):
            yield name


def _plain(name: str) -> str:
    """Return the public name of a module of Keras that TensorFlow shows under another one."""
    for prefix in ("keras._tf_keras.keras", "keras.api._tf_keras.keras", "keras.api", "tf_keras.api._v2.keras"):
        if name == prefix or name.startswith(prefix + "."):
            return ("tf_keras" if prefix.startswith("tf_keras") else "keras") + name[len(prefix) :]
    return name


def _at(root: str, path: str) -> Any:
    found: Any = sys.modules.get(root)
    for part in path.split(".") if path else ():
        found = getattr(found, part, None)
    return found


def _tensorflow_keras_is(root: str) -> bool:
    """Return whether ``tf.keras`` is that package in this process."""
    tensorflow = sys.modules.get("tensorflow")
    model = getattr(getattr(tensorflow, "keras", None), "Model", None)
    return model is not None and model.__module__.partition(".")[0] == root


def numpy_alias(scope: Scope, module: str) -> str | None:
    """Return the name under which a scope's module knows an imported module."""
    for name, value in scope.globals.items():
        if isinstance(value, ModuleType) and value.__name__ == module and not name.startswith("_"):
            return name
    return None


def delete_argument(source: SourceFile, call: ast.Call, node: ast.expr) -> Edit | None:
    """Return the edit that takes an argument out of a call, with its comma."""
    items = sorted([*call.args, *(k.value for k in call.keywords)], key=lambda item: (item.lineno, item.col_offset))
    if node not in items:
        return None
    place = source.place(node)
    start = (place.row, place.column)
    keyword = next((k for k in call.keywords if k.value is node), None)
    if keyword is not None:
        row, column, _, _ = source.span(keyword)
        start = (row, column)
    end = (place.end_row, place.end_column)
    index = items.index(node)
    if index > 0:
        before = source.place(items[index - 1])
        start = (before.end_row, before.end_column)
    elif index + 1 < len(items):
        following = items[index + 1]
        keyword = next((k for k in call.keywords if k.value is following), None)
        row, column, _, _ = source.span(keyword if keyword is not None else following)
        end = (row, column)
    return Edit(source.filename, start, end, "")
