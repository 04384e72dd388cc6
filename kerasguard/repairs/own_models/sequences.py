"""A model of the user's own class that keeps the time axis its labels do not have: the recurrent layer that returns it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import rebuild_plan, wants
from kerasguard.adapters.specs import read
from kerasguard.evidence import Evidence
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import edits
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.layers import all_but_last
from kerasguard.repairs.building.sites import Site, argument, site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands
from kerasguard.repairs.own_models import remade
from kerasguard.repairs.own_models.conditions import nearby
from kerasguard.vocabulary import Edit, Offender, Place

SETTING = "return_sequences"
VECTOR = 2


@dataclass(frozen=True)
class Kept:
    """Labels with one entry per sample, the output that has positions, and the layers that return every step."""

    pair: demands.Pair
    layers: tuple[Any, ...]

    @property
    def last(self) -> Any:
        """The layer that was made last."""
        return self.layers[-1]


def kept_of(evidence: Evidence) -> Kept | None:
    """Return what is known of such a model; asked once."""
    held = vars(evidence)
    if "_kept_sequence" not in held:
        held["_kept_sequence"] = _kept(evidence)
    found: Kept | None = held["_kept_sequence"]
    return found


def _kept(evidence: Evidence) -> Kept | None:
    model = evidence.event.owner
    if not wants.is_model(model) or wants.is_keras(type(model)) or rebuild_plan.graph_of(model) is not None:
        return None
    found = demands.pairs(evidence)
    if len(found) != 1 or found[0].given.shape is None or found[0].head.shape is None:
        return None
    labels, output = found[0].given.shape, found[0].head.shape
    if len(output) <= VECTOR or len(labels) > VECTOR or (len(labels) == VECTOR and labels[1] == output[1] != 1):
        return None
    every = wants.parts_of(model)
    inside = {id(read(one, part)) for one in every for part in ("forward_layer", "backward_layer")}
    layers = tuple(one for one in every if read(one, SETTING) is True and id(one) not in inside)
    return Kept(found[0], layers) if layers else None


@dataclass(frozen=True)
class _Written:
    edits: tuple[Edit, ...]
    cause: Place
    cost: float


def candidates(evidence: Evidence, found: Kept) -> Iterator[Candidate]:
    """Let the layer that was made last return its last output only."""
    for count, layer in enumerate(reversed(found.layers)):
        site = site_of(evidence, layer)
        ways = list(_written(site, evidence)) if site is not None else []
        for written in ways if layer is found.last else ways[:1]:
            yield Candidate(
                title=f"let {layer.name!r} return only its last output",
                edits=written.edits,
                cost=written.cost + 0.3 * count,
                check=remade.tried(evidence, written.edits),
                cause=written.cause,
            )


def _written(site: Site, evidence: Evidence) -> Iterator[_Written]:
    wrapped = site.inner is not None and hasattr(site.layer, "forward_layer")
    call = site.inner if wrapped else site.call
    node = None if call is None else argument(call, object, SETTING) if wrapped else site.argument(SETTING)
    home = None if node is None else number_home(node, site.scope)
    if home is not None and isinstance(home.node, ast.Compare):
        for text, cost in nearby(home.node, home.source):
            yield _Written((edits.replace(home.source, home.node, text),), home.place, 0.4 + cost)
        return
    in_loop = site.loop() is not None and _made_often(site, evidence)
    conditional = all_but_last(site) if in_loop else ("False", ())
    if conditional is not None:
        text, more = conditional
        written = writing.with_argument(site, SETTING, text, inner=wrapped)
        if written is not None:
            yield _Written((*written, *more), site.place, 0.5)


def _made_often(site: Site, evidence: Evidence) -> bool:
    """Return whether the same call has made other layers of the model."""
    others = (one for one in wants.parts_of(evidence.event.owner) if one is not site.layer)
    sites = (site_of(evidence, one) for one in others if type(one) is type(site.layer))
    return any(one is not None and one.call is site.call for one in sites)


def names(evidence: Evidence, found: Kept) -> Iterator[Offender]:
    """Yield the argument, and the names that its value is read from."""
    yield Offender(SETTING, "argument")
    site = site_of(evidence, found.last)
    node = None if site is None else site.argument(SETTING)
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Name | ast.Attribute):
            yield Offender(part.id if isinstance(part, ast.Name) else part.attr, "variable")
