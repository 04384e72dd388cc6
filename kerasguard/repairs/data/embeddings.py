"""Ids against the tables of Embedding layers: which id array feeds which table, and how large the table has to be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasguard.adapters import wants
from kerasguard.adapters.specs import kind_of
from kerasguard.adapters.trial_loss import value_range
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance import walk
from kerasguard.provenance.links import Link
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.search import pairs
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Edit, Place

MOST_BACK = 6
MOST_ROWS = 50_000_000


class Lookup(NamedTuple):
    """An Embedding with the ids that it is asked for."""

    layer: Any
    given: Given
    least: int
    greatest: int

    @property
    def rows(self) -> int:
        """The number of rows in the table."""
        return int(self.layer.input_dim)


def failing(evidence: Evidence) -> list[Lookup]:
    """Return the tables that are asked for rows they do not have."""
    found = []
    for layer, given in _fed(evidence):
        bounds = demands.label_range(given)
        if bounds is not None and (bounds[0] < 0 or bounds[1] >= layer.input_dim):
            found.append(Lookup(layer, given, int(bounds[0]), int(bounds[1])))
    return found


def _fed(evidence: Evidence) -> Iterator[tuple[Any, Given]]:
    """Yield the Embedding layers of the model with the data that reaches them unchanged."""
    model = evidence.event.owner
    tables = [layer for layer in _layers(model) if _is_embedding(layer)]
    if len(evidence.given) == 1:
        for layer in tables:
            if len(tables) == 1 or _first(model) is layer or _source(layer) is not None:
                yield layer, evidence.given[0]
        return
    by_input = {id(want.source): one for one, want in pairs(evidence) if want.source is not None}
    by_name = {want.name: one for one, want in pairs(evidence)}
    for layer in tables:
        tensor = _source(layer)
        given = by_input.get(id(tensor)) or by_name.get(_name(tensor))
        if given is not None:
            yield layer, given


def _layers(model: Any) -> list[Any]:
    found = getattr(model, "layers", None) or []
    return [inner for layer in found for inner in (_layers(layer) if wants.is_model(layer) else [layer])]


def _is_embedding(layer: Any) -> bool:
    return any(cls.__name__ == "Embedding" and wants.is_keras(cls) for cls in type(layer).__mro__)


def _first(model: Any) -> Any:
    return next((layer for layer in getattr(model, "layers", []) if not wants.is_input_layer(layer)), None)


def _source(layer: Any) -> Any:
    """Return the Input that an Embedding looks up, past layers that do not compute; None where something computes."""
    for _ in range(MOST_BACK):
        nodes = getattr(layer, "_inbound_nodes", [])
        tensors = getattr(nodes[0], "input_tensors", None) if nodes else None
        if isinstance(tensors, list | tuple):
            tensors = tensors[0] if len(tensors) == 1 else None
        history = getattr(tensors, "_keras_history", None)
        if history is None:
            return None
        layer = history[0]
        if wants.is_input_layer(layer):
            return tensors
        if type(layer).__name__ not in {"Reshape", "Flatten", "Cast", "Dropout"}:
            return None
    return None


def _name(tensor: Any) -> str:
    history = getattr(tensor, "_keras_history", None)
    return "" if history is None else str(history[0].name)


def homes(evidence: Evidence, found: list[Lookup]) -> list[tuple[Lookup, Link]]:
    """Return where the sizes of the tables are computed or written."""
    result = []
    for lookup in found:
        made = constructors.made(evidence, lookup.layer)
        node = made.argument("input_dim", 0) if made is not None else None
        home = walk.number_home(node, made.scope) if made is not None and node is not None else None
        if home is not None and not home.path:
            result.append((lookup, home))
    return result


def enlarged(evidence: Evidence, found: list[Lookup]) -> Iterator[Candidate]:
    """Propose tables of the greatest id plus one, all of them together."""
    at = homes(evidence, found)
    if not at or len(at) != len(found) or any(one.least < 0 or one.greatest > MOST_ROWS for one in found):
        return
    written: dict[tuple[str, tuple[int, int]], Edit] = {}
    for lookup, home in at:
        edit = edits.replace(home.source, home.node, _size(lookup, home))
        written.setdefault((edit.filename, edit.start), edit)
    yield Candidate(
        title="size the table with the greatest id plus one",
        edits=tuple(written.values()),
        cost=0.7,
        cause=_place(at[0][1]),
        exact=False,
    )


def _place(home: Link) -> Place:
    return home.place


def _size(lookup: Lookup, home: Link) -> str:
    """Return the new size: from the array that the old one was computed of, one more, or a number."""
    for node in ast.walk(home.node):
        if isinstance(node, ast.Name):
            value = home.scope.current(node.id)
            bounds = value_range(value) if kind_of(value) == "numpy" else None
            if bounds is not None and int(bounds[1]) == lookup.greatest:
                return f"int({node.id}.max()) + 1"
    if not isinstance(home.node, ast.Constant) and lookup.greatest == lookup.rows:
        return f"{home.source.segment(home.node)} + 1"
    return str(lookup.greatest + 1)
