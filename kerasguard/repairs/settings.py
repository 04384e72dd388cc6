"""A value that was read under another name than the one it has in the settings: ``config.get("unit")`` gives None."""

from __future__ import annotations

import ast
import difflib
from typing import Any, NamedTuple

from kerasguard.adapters.specs import read
from kerasguard.provenance.access import is_a
from kerasguard.provenance.attributes import is_user_class
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import edits
from kerasguard.vocabulary import Edit, Place

ALIKE = 0.6  # how much of a name has to agree with the one that was meant


class Renamed(NamedTuple):
    """The edit that asks for another key, its line, and the names that a user would give the mistake."""

    edit: Edit
    place: Place
    names: tuple[str, ...]


def under_its_name(node: ast.expr, scope: Scope, wanted: Any) -> Renamed | None:
    """Return how a size is read under the key that the settings have for it, where another one was asked for.

    The key holds what is wanted, and its name is like the one that was asked for.
    """
    home = number_home(node, scope)
    call = home.node if home is not None else None
    if home is None or not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or not call.args:
        return None
    settings = evaluate(call.func.value, home.scope)
    asked = call.args[0]
    if call.func.attr != "get" or not is_a(settings, dict) or not isinstance(asked, ast.Constant):
        return None
    if asked.value in settings or not isinstance(asked.value, str):
        return None
    holding = [key for key, value in settings.items() if isinstance(key, str) and value == wanted]
    close = difflib.get_close_matches(asked.value, holding, 1, ALIKE)
    if not close:
        return None
    text = f"{home.source.segment(asked)[:1]}{close[0]}{home.source.segment(asked)[-1:]}"
    names = tuple(name for name in (home.name, home.source.segment(call.func.value), asked.value) if name)
    return Renamed(edits.replace(home.source, asked, text), home.place, names)


def beside(node: ast.expr, scope: Scope, wanted: Any) -> str | None:
    """Return how the setting that holds what is wanted is read, beside the one that is read: the only one that does.

    `settings.horizon` beside ``settings.lookback``, ``config["steps"]`` beside ``config["window"]``, `STEPS` beside ``WINDOW``.
    """
    if scope.source is None:
        return None
    if isinstance(node, ast.Attribute):
        fields = _fields(evaluate(node.value, scope))
        pattern = f"{scope.source.segment(node.value)}.{{}}"
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        known = evaluate(node.value, scope)
        fields = known if is_a(known, dict) else {}
        pattern = f"{scope.source.segment(node.value)}[{{!r}}]".replace("{!r}", '"{}"')
    elif isinstance(node, ast.Name) and node.id.isupper():
        fields = {name: value for name, value in scope.globals.items() if name.isupper()}
        pattern = "{}"
    else:
        return None
    holding = [key for key, value in fields.items() if type(value) is int and value == wanted]
    return pattern.format(holding[0]) if len(holding) == 1 else None


def _fields(settings: Any) -> dict[str, Any]:
    """Return the fields of an object, those of its classes included, without running any code of theirs."""
    found: dict[str, Any] = {}
    for cls in reversed(type(settings).__mro__):
        found |= vars(cls) if is_user_class(cls) else {}
    own = read(settings, "__dict__")
    return found | own if is_a(own, dict) else found
