"""The number that one layer of many was given: the entry of a list for its own turn of a loop, not the loop's name."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from kerasguard.provenance.arguments import resolve_path
from kerasguard.provenance.links import Link
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.walk import number_home
from kerasguard.repairs.building.sites import Site, value_of
from kerasguard.repairs.failing import statement_place
from kerasguard.vocabulary import Place


@dataclass(frozen=True, eq=False)
class Entry:
    """An entry of a display that gave one layer one of its arguments.

    Attributes
    ----------
    node, scope, source
        The entry's expression, and where it stands.
    name
        The variable that is bound to the display.
    """

    node: ast.expr
    scope: Scope
    source: SourceFile
    name: str | None

    @property
    def place(self) -> Place:
        """The statement of the display; of the entry itself where that has lines of its own."""
        place = statement_place(self.source, self.node)
        return place if place.row == place.end_row else self.source.place(self.node)


def entry_of(site: Site, node: ast.expr, actual: object) -> Entry | None:
    """Return the entry of a list or dict that gave a layer an argument of this value in its own turn of a loop."""
    home = number_home(node, site.scope)
    if home is None:
        return None
    entries, scope, source = _entries(home)
    if scope is None or source is None or len(entries) < 2:
        return None
    fitting = [one for one in entries if value_of(one, scope) == actual]
    turn = site.origin.turn - 1
    own = entries[turn % len(entries)]
    if not fitting or (len(fitting) > 1 and own not in fitting):
        return None
    return Entry(own if own in fitting else fitting[0], scope, source, home.name)


def _entries(home: Link) -> tuple[list[ast.expr], Scope | None, SourceFile | None]:
    node, source = home.node, home.source
    around = source.parent(node)
    if isinstance(around, ast.List | ast.Tuple) and isinstance(node, ast.Constant | ast.BinOp):
        return list(around.elts), home.scope, source
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and home.path[:1] == ("*",):
        values = node.func.attr == "values" or (node.func.attr == "items" and home.path[1:] == (1,))
        display, scope, source_of_display = _bound(node.func.value, home.scope)
        if values and isinstance(display, ast.Dict) and all(key is not None for key in display.keys):
            return list(display.values), scope, source_of_display
    return [], None, None


def _bound(node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope, SourceFile | None]:
    """Return the expression that a name is bound to."""
    for _ in range(4):
        if not isinstance(node, ast.Name):
            break
        home, found = scope.home(node.id, node)
        value = found[0].value if len(found) == 1 else None
        if value is None or found[0].kind not in ("assign", "walrus") or found[0].path:
            break
        node, scope = value, home
    found_in, inner, _ = resolve_path(node, scope, ())
    return found_in, inner, inner.source
