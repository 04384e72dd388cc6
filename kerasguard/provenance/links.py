"""A link of the way back: an expression, where it stands, and the value it gave."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from kerasguard.provenance.abstract import (
    Budget,
)
from kerasguard.provenance.access import is_a
from kerasguard.provenance.arguments import into_display
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import (
    UNKNOWN,
    add_axes,
    element,
    ghost_of,
    shape_of,
)
from kerasguard.vocabulary import Place, Shape


@dataclass(frozen=True, eq=False)
class Link:
    """One expression on the way from a use back to the maker.

    Attributes
    ----------
    node : ast.expr
        The expression that makes the value.
    statement : ast.stmt
        The statement it stands in.
    source : SourceFile
    place : Place
        Of the statement.
    name : str or None
        The variable that is bound to the value there.
    scope : Scope
        Where the expression stands.
    value : object
        A live object, a Ghost, or UNKNOWN.
    note : str
        How the value went on from here, for a reader.
    path : tuple
        The part of the expression's value that is meant: indices, keys, ``"*"`` for one element.
    lift : int
        How many leading axes the value at the use has more than the value here (an element of a list: 1).
    same : bool
        The next link has this very value (a name, a parameter, a return), nothing was computed.
    whole : object
        The value that the expression itself has, before `path`.
    axes : int
        How many steps of `path`, its last ones, index into one array.
    """

    node: ast.expr
    statement: ast.stmt
    source: SourceFile
    place: Place
    name: str | None
    scope: Scope
    value: Any
    note: str = ""
    path: tuple[Any, ...] = ()
    lift: int = 0
    same: bool = True
    whole: Any = UNKNOWN
    axes: int = 0

    @property
    def shape(self) -> Shape | None:
        """Return the shape of the value, None when it is not known."""
        return shape_of(self.value)

    @property
    def array(self) -> Shape | None:
        """Return the shape of the array that the value is, or is a part of; None when it is not known."""
        return shape_of(_into(self.whole, self.path[: -self.axes])) if self.axes else self.shape

    @property
    def seen(self) -> Any:
        """Return the value as the use sees it: with the leading axes that it gained on the way."""
        return add_axes(self.value, self.lift)


def _into(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = element(value, step)
    return value


def make_link(  # the fields of a Link
    node: ast.expr,
    scope: Scope,
    budget: Budget,
    *,
    name: str | None = None,
    note: str = "",
    path: tuple[Any, ...] = (),
    lift: int = 0,
    same: bool = True,
) -> Link | None:
    """Return the link of an expression in a scope, None when it stands in no statement."""
    source = scope.source
    if source is None:
        return None
    node, path = into_display(node, path)
    statement = source.statement(node)
    if statement is None:
        return None
    whole = value = evaluate(node, scope, budget)
    axes = 0
    for step in path:
        axes = axes + 1 if axes or _is_axis(value, step) else 0
        value = element(value, step)
    shown = source.place(node) if isinstance(getattr(statement, "body", None), list) else source.place(statement)
    return Link(node, statement, source, shown, name, scope, value, note, path, lift, same, whole, axes)


def _is_axis(value: Any, step: Any) -> bool:
    """Tell whether a step of a path takes an axis of an array away, and not a part of a tuple or a dataset."""
    if is_a(value, list | tuple):
        return step == "*" and ghost_of(value) is not None
    ghost = ghost_of(value)
    return value is UNKNOWN and step == "*" if ghost is None else ghost.kind != "dataset"


def next_link(  # the fields of a Link
    link: Link,
    node: ast.expr,
    budget: Budget,
    path: tuple[Any, ...] = (),
    lift: int = 0,
    same: bool = False,  # noqa: FBT001, FBT002  # part of the tuples that steps unpack
    **more: Any,
) -> Link | None:
    """Return the link of an operand of `link`, in its scope unless `scope` is given."""
    scope = more.pop("scope", link.scope)
    return make_link(node, scope, budget, path=path, lift=link.lift + lift, same=same, **more)
