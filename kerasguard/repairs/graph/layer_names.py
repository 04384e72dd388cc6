"""Repairs for layers of one model that have the same name: a name that differs each time, or none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import connections, wants
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.bindings import parameters
from kerasguard.repairs import edits
from kerasguard.repairs.building.sites import Site, site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Edit, Place

MOST_PLACES = 8


@dataclass(eq=False)
class Twins:
    """The layers of a model that share a name, by name, in the order in which they were made."""

    evidence: Evidence
    groups: dict[str, list[Any]]

    def sites(self) -> list[Site]:
        """Return the calls that give these names, each once."""
        found: dict[int, Site] = {}
        for layers in self.groups.values():
            for layer in layers:
                site = site_of(self.evidence, layer)
                if site is not None and (site.argument("name") is not None or site.spread(site.call, "name")):
                    found.setdefault(id(site.call), site)
        return list(found.values())

    def calls(self) -> list[Place]:
        """Return where the helper that makes the layers is called, in the function that makes the model."""
        evidence = self.evidence
        if evidence.site is None:
            return []
        places: list[Place] = []
        for layers in self.groups.values():
            for layer in layers:
                site = site_of(evidence, layer)
                for code, lasti in site.origin.stack[1:] if site is not None else ():
                    if code is evidence.frames[evidence.site].code:
                        from kerasguard.provenance.source import node_at

                        located = node_at(code, lasti)
                        statement = None if located is None else located[0].statement(located[1])
                        if located is not None and statement is not None:
                            places.append(located[0].place(statement))
        return places


def twins_of(evidence: Evidence) -> Twins | None:
    """Return the layers that share a name in the model that could not be made; asked once."""
    held = vars(evidence)
    if "_twins" not in held:
        groups: dict[str, list[Any]] = {}
        for layer in _layers(evidence):
            groups.setdefault(str(getattr(layer, "name", "")), []).append(layer)
        groups = {name: layers for name, layers in groups.items() if len(layers) > 1}
        held["_twins"] = Twins(evidence, groups) if groups else None
    found: Twins | None = held["_twins"]
    return found


def _layers(evidence: Evidence) -> list[Any]:
    event = evidence.event
    given = connections.passed(event)
    if given is not None:
        wiring = connections.wiring_of(*given)
        return [] if wiring is None or wiring.loose else list(wiring.layers)
    if event.entry == "add" and event.args:
        layers = list(getattr(event.owner, "_layers", None) or getattr(event.owner, "layers", None) or ())
        layers += [] if any(layer is event.args[0] for layer in layers) else [event.args[0]]
    elif event.entry == "sequential" and event.args and isinstance(event.args[0], list | tuple):
        layers = list(event.args[0])
    else:
        return []
    distinct: dict[int, Any] = {id(layer): layer for layer in layers if wants.is_layer(layer)}
    return list(distinct.values())


def renamed(twins: Twins) -> Iterator[Candidate]:
    """Build each name from what differs between the calls, or leave the names to Keras."""
    sites = twins.sites()
    if not sites or len(sites) > MOST_PLACES:
        return
    covered = all(
        sum(1 for layer in layers if _named_at(twins, layer, sites)) >= len(layers) - 1
        for layers in twins.groups.values()
    )
    if not covered:
        return
    written = [_with_prefix(twins, site) for site in sites]
    if all(one is not None for one in written):
        yield _candidate("build the name from what differs", [one for one in written if one], sites[0], 0.6)
    dropped = [edit for edit in (_without_name(site) for site in sites) if edit is not None]
    if len(dropped) == len(sites):
        yield _candidate("leave the name to Keras, which makes a new one each time", dropped, sites[0], 0.9)


def _candidate(title: str, written: list[Edit], site: Site, cost: float) -> Candidate:
    return Candidate(
        title=title,
        edits=tuple(written),
        cost=cost,
        check=lambda: Outcome(accepted=True, note="every layer gets a name of its own"),
        cause=site.place,
        exact=False,
    )


def _named_at(twins: Twins, layer: Any, sites: list[Site]) -> bool:
    site = site_of(twins.evidence, layer)
    return site is not None and any(site.call is one.call for one in sites)


def _with_prefix(twins: Twins, site: Site) -> Edit | None:
    """Write the name with a variable in it that has another value each time."""
    node = site.argument("name")
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    layers = [
        one
        for group in twins.groups.values()
        for layer in group
        if (one := site_of(twins.evidence, layer)) is not None and one.call is site.call
    ]
    name = _differing(site, layers)
    if name is None:
        return None
    quote = site.source.segment(node)[-1]
    return edits.replace(site.source, node, f"f{quote}{{{name}}}_{node.value}{quote}")


def _differing(site: Site, made: list[Site]) -> str | None:
    """Return a loop variable, or a parameter whose value differs between the calls that made the layers."""
    loop = site.loop()
    if loop is not None:
        names = [one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)]
        if names:
            return names[0]
    owner = site.scope.owner
    if not isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    for parameter in parameters(owner):
        values = [one.scope.current(parameter.arg) for one in made]
        known = all(isinstance(value, str | int) for value in values)
        if known and len({str(value) for value in values}) == len(values) > 1:
            return parameter.arg
    return _named_so(site)


def _named_so(site: Site) -> str | None:
    """Return the parameter that other layers of the same helper are named by."""
    owner = site.scope.owner
    if not isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    known = {parameter.arg for parameter in parameters(owner)}
    for node in ast.walk(owner):
        if isinstance(node, ast.keyword) and node.arg == "name" and node.value is not site.argument("name"):
            used = [one.id for one in ast.walk(node.value) if isinstance(one, ast.Name) and one.id in known]
            if used:
                return used[0]
    return None


def _without_name(site: Site) -> Edit | None:
    """Write the call without its name."""
    source, call = site.source, site.call
    keyword = next((one for one in call.keywords if one.arg == "name"), None)
    if keyword is None:
        settings = [one.value for one in call.keywords if one.arg is None]
        return edits.wrap(source, settings[0], '{{**{}, "name": None}}') if len(settings) == 1 else None
    place = source.place(keyword)
    start, end = (place.row, place.column), (place.end_row, place.end_column)
    before = [
        node for node in (*call.args, *(one for one in call.keywords if one is not keyword)) if _at(node) < _at(keyword)
    ]
    after = [node for node in (*call.args, *call.keywords) if _at(node) > _at(keyword)]
    if before:
        last = source.place(max(before, key=_at))
        start = (last.end_row, last.end_column)
    elif after:
        first = source.place(min(after, key=_at))
        end = (first.row, first.column)
    return Edit(source.filename, start, end, "")


def _at(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def names(twins: Twins) -> list[str]:
    """Return the shared names, and the variables that the layers' makers are bound to."""
    found: dict[str, None] = dict.fromkeys(twins.groups)
    for place in twins.calls():
        try:
            statement = ast.parse(place.code).body[0]
        except (SyntaxError, IndexError):
            continue
        for target in getattr(statement, "targets", []):
            found.update((one.id, None) for one in ast.walk(target) if isinstance(one, ast.Name))
    for site in twins.sites():
        function = site.source.function(site.call)
        if function is not None:
            found[function.name] = None
    return list(found)[:12]
