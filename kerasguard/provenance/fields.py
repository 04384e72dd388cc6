"""From an attribute back to the method that set it, or to the module that binds it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from kerasguard.provenance.abstract import (
    Bound,
    Budget,
    Instance,
)
from kerasguard.provenance.attributes import is_user_class
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.interpret import entered
from kerasguard.provenance.links import Link, make_link, next_link
from kerasguard.provenance.names import in_module
from kerasguard.provenance.reentry import called_scope, run_scope
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import source_of
from kerasguard.provenance.user_files import is_user_file
from kerasguard.provenance.values import (
    UNKNOWN,
    ghost_of,
)


def of_attribute(link: Link, node: ast.Attribute, budget: Budget) -> list[Link | None]:
    """Return the links of the assignments that set an attribute, or of the module's binding."""
    base = evaluate(node.value, link.scope, budget)
    if isinstance(base, ModuleType):
        return [in_module(vars(base), node.attr, link, budget)]
    cls = base.cls if isinstance(base, Instance) else (base if isinstance(base, type) else type(base))
    if base is not UNKNOWN and is_user_class(cls):
        return list(_assigned_fields(link, node, cls, base, budget))
    if base is UNKNOWN or ghost_of(base) is not None:
        return [next_link(link, node.value, budget)]
    return []


def _assigned_fields(link: Link, node: ast.Attribute, cls: type, base: Any, budget: Budget) -> Iterator[Link | None]:
    for owner in cls.__mro__:
        if not is_user_class(owner):
            continue
        for key, function in vars(owner).items():
            if isinstance(function, FunctionType) and is_user_file(function.__code__.co_filename):
                yield from _fields_of_method(link, node, key, function, base, budget)


def _fields_of_method(  # the method and the access to the field
    link: Link, node: ast.Attribute, key: str, function: FunctionType, base: Any, budget: Budget
) -> Iterator[Link | None]:
    source = source_of(function.__code__.co_filename)
    method = source.definition(function.__code__) if source is not None else None
    if not isinstance(method, ast.FunctionDef) or not method.args.args:
        return
    own = method.args.args[0].arg
    for statement in ast.walk(method):
        if not isinstance(statement, ast.Assign):
            continue
        for target in statement.targets:
            for name, path in _fields(target, own):
                if name == node.attr:
                    scope = _method_scope(link, node, key, function, base, budget)
                    if scope is not None:
                        full = (*path, *link.path)
                        yield make_link(statement.value, scope, budget, name=f"{own}.{name}", path=full, lift=link.lift)


def _fields(target: ast.AST, own: str, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == own:
        yield target.attr, path
    elif isinstance(target, ast.Tuple | ast.List):
        for index, item in enumerate(target.elts):
            yield from _fields(item, own, (*path, index))


def _method_scope(  # the method and the access to the field
    link: Link, node: ast.Attribute, key: str, function: FunctionType, base: Any, budget: Budget
) -> Scope | None:
    """Return the scope of the method that set the field: the constructor's call where it can be found."""
    if link.scope.owner is not None and link.scope.source is not None:
        source = source_of(function.__code__.co_filename)
        if source is not None and source.definition(function.__code__) is link.scope.owner:
            return link.scope
    if key == "__init__":
        made = _construction(node.value, link.scope, budget)
        if made is not None:
            call, scope = made
            return called_scope(call, scope, Bound(function, base), budget)
    scope_made = entered(Bound(function, base), (), {}, budget)
    if scope_made is not None and isinstance(base, Instance) is False:
        fields = getattr(base, "__dict__", {})
        names: Any = scope_made.names
        for name in list(names):  # a field mostly has the name of the parameter it was set from
            if names[name] is UNKNOWN and name in fields:
                names[name] = fields[name]
    run_scope(scope_made, budget)
    return scope_made


def _construction(node: ast.expr, scope: Scope, budget: Budget) -> tuple[ast.Call, Scope] | None:
    from kerasguard.provenance.steps import sources

    link = make_link(node, scope, budget)
    for _ in range(6):
        if link is None or isinstance(link.node, ast.Call):
            break
        link = next(iter(sources(link, budget)), None)
    return (link.node, link.scope) if link is not None and isinstance(link.node, ast.Call) else None
