"""From a name back to the bindings that reach it."""

from __future__ import annotations

import ast
from typing import Any

from kerasguard.provenance.abstract import (
    Budget,
    truth_of,
)
from kerasguard.provenance.arguments import into_display
from kerasguard.provenance.bindings import Binding, default_of
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.gathering import gathered, is_empty
from kerasguard.provenance.links import Link, make_link, next_link
from kerasguard.provenance.scope import Scope, module_scope
from kerasguard.provenance.user_files import is_user_file

GATHERED = "put into a list"


def of_name(link: Link, node: ast.Name, budget: Budget) -> list[Link | None]:
    """Return the links of the bindings that reach a name."""
    home, bindings = link.scope.home(node.id, node)
    strong = [binding for binding in bindings if binding.kind != "augmented"] or bindings
    found: list[Link | None] = []
    for binding in _taken(strong, home, budget):
        found += _of_binding(link, binding, home, budget)
    return found


def _taken(bindings: list[Binding], scope: Scope, budget: Budget) -> list[Binding]:
    """Leave out the bindings in branches that, by their tests, were not taken."""
    taken = []
    for binding in bindings:
        child: ast.AST = binding.statement
        current = scope.source.parent(child) if scope.source is not None else None
        possible = True
        while current is not None and possible and current is not scope.owner:
            if isinstance(current, ast.If) and isinstance(child, ast.stmt) and not _changes(current, scope):
                truth = truth_of(evaluate(current.test, scope, budget))
                possible = truth is None or (child in current.body) is truth
            child, current = current, scope.source.parent(current) if scope.source is not None else None
        if possible:
            taken.append(binding)
    return taken or bindings


def _changes(node: ast.If, scope: Scope) -> bool:
    """Tell whether a test stands in a loop: what it gave last says nothing about the turn before."""
    source = scope.source
    current: ast.AST | None = source.parent(node) if source is not None else None
    while current is not None and current is not scope.owner:
        if isinstance(current, ast.For | ast.While | ast.AsyncFor):
            return True
        current = source.parent(current) if source is not None else None
    return False


def _of_binding(link: Link, binding: Binding, home: Scope, budget: Budget) -> list[Link | None]:
    if binding.kind == "parameter":
        return [_of_parameter(link, binding, home, budget)]
    if binding.kind == "import":
        return [_of_import(link, binding, home, budget)]
    if binding.value is None:
        return []
    path = (*binding.path, *link.path)
    value = binding.value
    if binding.kind in ("for", "comprehension"):
        value, path = _through_zip(value, path)
    made, _ = into_display(value, binding.path)
    if is_empty(made):
        found = [_of_gathered(link, part, home, budget, whole=whole) for part, whole in gathered(binding.name, home)]
        if found:
            return found
    return [
        make_link(value, home, budget, name=binding.name, path=path, lift=link.lift, same=binding.kind != "augmented")
    ]


def _through_zip(value: ast.expr, path: tuple[Any, ...]) -> tuple[ast.expr, tuple[Any, ...]]:
    """Follow `for a, b in zip(xs, ys)` and `enumerate(xs)` to the iterable that the name runs over."""
    for _ in range(3):
        if not (isinstance(value, ast.Call) and len(path) > 1 and path[0] == "*"):
            break
        name = value.func.id if isinstance(value.func, ast.Name) else ""
        if name == "zip" and isinstance(path[1], int) and path[1] < len(value.args):
            value, path = value.args[path[1]], ("*", *path[2:])
        elif name == "enumerate" and path[1] == 1 and value.args:
            value, path = value.args[0], ("*", *path[2:])
        else:
            break
    return value, path


def _of_gathered(link: Link, part: ast.expr, home: Scope, budget: Budget, *, whole: bool) -> Link | None:
    """Return the link of what is put into a list: one item of it, or many at once."""
    path = link.path if whole else link.path[1:]
    lift = 0 if whole or link.path else 1
    return next_link(link, part, budget, path, lift, scope=home, note=GATHERED)


def _of_parameter(link: Link, binding: Binding, home: Scope, budget: Budget) -> Link | None:
    argument = home.arguments.get(binding.name)
    if argument is not None and argument.node is not None and argument.scope is not None:
        return make_link(
            argument.node,
            argument.scope,
            budget,
            name=binding.name,
            path=(*argument.path, *link.path),
            lift=link.lift,
            note="passed",
        )
    if isinstance(binding.statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        default = default_of(binding.statement, binding.name)
        if default is not None:
            around = home.outer or home.module()
            return make_link(default, around, budget, name=binding.name, path=link.path, lift=link.lift, note="default")
    return None


def _of_import(link: Link, binding: Binding, home: Scope, budget: Budget) -> Link | None:
    statement = binding.statement
    if not isinstance(statement, ast.ImportFrom):
        return None
    alias = next((a for a in statement.names if (a.asname or a.name) == binding.name), None)
    namespace = _module_names(statement.module, home)
    return in_module(namespace, alias.name, link, budget) if alias is not None and namespace is not None else None


def _module_names(name: str | None, scope: Scope) -> dict[str, Any] | None:
    import sys

    module = sys.modules.get(name or "")
    if module is None:
        package = str(scope.globals.get("__package__") or "")
        module = sys.modules.get(f"{package}.{name}" if package else "")
    return vars(module) if module is not None else None


def in_module(names: dict[str, Any], name: str, link: Link, budget: Budget) -> Link | None:
    """Return the link of the last binding of a name in a module of the user."""
    filename = names.get("__file__")
    if not isinstance(filename, str) or not is_user_file(filename):
        return None
    scope = link.scope.modules.setdefault(id(names), module_scope(names, link.scope.modules))
    found = [b for b in scope.bindings(name, None) if b.value is not None]
    if not found or found[0].value is None:
        return None
    path = (*found[0].path, *link.path)
    return make_link(found[0].value, scope, budget, name=name, path=path, lift=link.lift, note="imported")
