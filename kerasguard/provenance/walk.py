"""Walk back from a use to the maker: the chain of a value, the birth of a property, the home of a number."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.access import is_a
from kerasguard.provenance.arguments import argument_node, resolve_path
from kerasguard.provenance.frames import UserFrame
from kerasguard.provenance.links import Link, make_link
from kerasguard.provenance.operands import options
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.steps import sources
from kerasguard.provenance.values import UNKNOWN, Ghost, is_array, shape_of
from kerasguard.vocabulary import Shape

MAX_STEPS = 40
JOINS = ast.Name | ast.Attribute | ast.Subscript | ast.BinOp | ast.Tuple | ast.List  # an item is one of a part's


def walk_budget() -> Budget:
    """Return what one walk may cost; several walks from the same crash may share it."""
    return Budget(nodes=20_000, seconds=0.2)


def chain(expr: ast.expr, scope: Scope, path: Sequence[Any] = (), budget: Budget | None = None) -> list[Link]:
    """Return the way from a use back to the maker of its value.

    Parameters
    ----------
    expr : ast.expr
        The use, an expression of the scope's source.
    scope : Scope
        Where it stands.
    path : sequence, optional
        The part of the value that is meant.
    budget : Budget, optional
        What it may cost.

    Returns
    -------
    list of Link
        The use first, the maker last; of several operands the one with the same object, the same shape, or a name.
    """
    key = (expr, tuple(path))
    if key in scope.chains:  # several rules ask for the same way
        return list(scope.chains[key])
    if budget is None:
        scope.chains[key] = chain(expr, scope, path, walk_budget())
        return list(scope.chains[key])
    node, scope, rest = resolve_path(expr, scope, path)
    link = make_link(node, scope, budget, path=tuple(rest))
    links: list[Link] = []
    while link is not None and len(links) < MAX_STEPS and not _seen(link, links):
        links.append(link)
        found = [_informed(one, link) for one in sources(link, budget) if not _seen(one, links)]
        link = max(found, key=lambda one, now=link: _likeness(one, now), default=None)  # type: ignore[misc]
    return links


def _seen(link: Link, links: Iterable[Link]) -> bool:
    return any(link.node is other.node and link.scope is other.scope for other in links)


def _informed(link: Link, use: Link) -> Link:
    """Return a link with what is known of its value at its use, where the two are the same and that tells more."""
    if not link.same or link.lift != use.lift or use.value is UNKNOWN:
        return link
    here, there = link.shape, shape_of(use.value)
    if link.value is not UNKNOWN and (here is None or there is None or not _sharper(there, here)):
        return link
    if link.path == use.path:
        return replace(link, value=use.value, whole=use.whole, axes=use.axes)
    return replace(link, value=use.value, whole=link.whole if link.path else use.value)


def _sharper(one: Shape, other: Shape) -> bool:
    """Tell whether a shape says the same as another one and more."""
    return one != other and len(one) == len(other) and all(b in (None, a) for a, b in zip(one, other, strict=True))


def _likeness(link: Link, use: Link) -> tuple[int, ...]:
    """Rank an operand: the same object, the same shape, any shape, unknown, a literal."""
    value = link.value
    same = value is not UNKNOWN and not is_a(value, Ghost) and (value is use.value or _base(value) is _base(use.value))
    shape, wanted = shape_of(link.seen), shape_of(use.seen)
    alike = shape is not None and wanted is not None and (shape == wanted or (len(shape) and shape[-1:] == wanted[-1:]))
    return (
        int(link.same),
        int(same),
        int(bool(alike)),
        int(shape not in (None, (), (0,))),
        int(not isinstance(link.node, ast.Constant | ast.List) or bool(getattr(link.node, "elts", None))),
        int(value is not UNKNOWN),
    )


def _base(value: Any) -> Any:
    while is_array(value) and getattr(value, "base", None) is not None:
        value = value.base
    return value


def birth(
    expr: ast.expr,
    scope: Scope,
    has: Callable[[Any], bool | None],
    path: Sequence[Any] = (),
    budget: Budget | None = None,
) -> Link | None:
    """Return the link whose value has a property while nothing it was made of has it.

    Parameters
    ----------
    expr, scope, path
        The use, as for `chain`.
    has : callable
        Tells of a live object or Ghost whether it has the property; None when that is not known. An element of a list
        is shown with the leading axis that it gains there.
    budget : Budget, optional
        What it may cost.

    Returns
    -------
    Link or None
        None when the use does not have the property.
    """
    way = birth_way(expr, scope, has, path, budget)
    return way[-1] if way else None


def birth_way(
    expr: ast.expr,
    scope: Scope,
    has: Callable[[Any], bool | None],
    path: Sequence[Any] = (),
    budget: Budget | None = None,
) -> list[Link]:
    """Return the way from a use back to the birth of a property, the use first; empty when it has not got it."""
    budget = budget or walk_budget()
    node, scope, rest = resolve_path(expr, scope, path)
    link = make_link(node, scope, budget, path=tuple(rest))
    if link is None or _has(has, link) is False:
        return []
    visited: list[Link] = []
    while link is not None and len(visited) < MAX_STEPS:
        visited.append(link)
        operands = [_informed(one, link) for one in sources(link, budget) if not _seen(one, visited)]
        link = _bearer(operands, link, has)
    return visited


def _bearer(operands: list[Link], link: Link, has: Callable[[Any], bool | None]) -> Link | None:
    """Return the operand that has the property already: surely, or because it is the same value, or perhaps."""
    answers = [(one, _answer(has, one, link)) for one in operands]
    certain = [one for one, answer in answers if answer]
    if certain:
        return max(certain, key=lambda one: _likeness(one, link))
    unknown = [one for one, answer in answers if answer is None]
    passing = [one for one in unknown if one.same]
    if passing:
        return passing[0]
    if any(answer is False for _, answer in answers):
        return None
    return max(unknown, key=lambda one: _likeness(one, link), default=None)


def _answer(has: Callable[[Any], bool | None], one: Link, link: Link) -> bool | None:
    """Ask an operand; one item has not got what only the axis along which items were gathered could tell."""
    answer = _has(has, one)
    gathers = answer is None and one.lift > link.lift
    return False if gathers and one.shape is not None and None not in one.shape else answer


def _has(has: Callable[[Any], bool | None], link: Link) -> bool | None:
    seen = link.seen
    return None if seen is UNKNOWN else has(seen)


def number_home(expr: ast.expr, scope: Scope, path: Sequence[Any] = (), budget: Budget | None = None) -> Link | None:
    """Follow a size through names, parameters, defaults, attributes and constants to its computation or literal."""
    budget = budget or walk_budget()
    node, scope, rest = resolve_path(expr, scope, path)
    link = make_link(node, scope, budget, path=tuple(rest))
    visited: list[Link] = []
    while (
        link is not None
        and isinstance(link.node, JOINS if link.path else ast.Name | ast.Attribute | ast.Subscript)
        and not _seen(link, visited)
    ):
        visited.append(link)
        following = next((one for one in sources(link, budget) if one.same), None)
        if following is None:
            break
        link = following
    return link


def feeds(home: Link, links: Iterable[Link]) -> bool:
    """Tell whether a number also decides about a value: whether an expression on that value's way reads it."""
    budget = walk_budget()
    for link in links:
        for part in ast.walk(link.node):
            if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Load):
                found = number_home(part, link.scope, (), budget)
                if found is not None and found.node is home.node:
                    return True
    return False


def name_of(obj: Any, frames: Sequence[UserFrame]) -> str | None:
    """Return the name that a user's frame gives an object, or the array that it is a view of; the innermost wins."""
    base = _base(obj)
    for wanted in (obj, base) if base is not obj else (obj,):
        for frame in reversed(frames):
            for names in (frame.locals, frame.globals):
                for name, value in list(names.items()):
                    if value is wanted and not name.startswith("_"):
                        return name
    return None


def names_along(links: Iterable[Link]) -> list[str]:
    """Return the variable names on the way, each once, the use's first."""
    names: dict[str, None] = {}
    for link in links:
        for node in (link.node, link.statement):
            if isinstance(node, ast.Name):
                names[node.id] = None
        if link.name is not None:
            names[link.name] = None
    return list(names)


__all__ = [
    "Link",
    "argument_node",
    "birth",
    "birth_way",
    "chain",
    "feeds",
    "name_of",
    "names_along",
    "number_home",
    "options",
    "resolve_path",
    "sources",
    "walk_budget",
]
