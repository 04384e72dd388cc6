"""What is given to a Sequential and is no layer: a function, the output of a layer; and how it becomes one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kerasguard.adapters import connections, symbolic, wants
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.origins import call_that_made
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import keras_path, statement_place
from kerasguard.vocabulary import Place


@dataclass(frozen=True)
class Member:
    """An entry of a Sequential that is no layer, and the expression that gives it."""

    value: Any
    node: ast.expr
    source: SourceFile

    @property
    def name(self) -> str:
        """As the user wrote it."""
        return " ".join(self.source.segment(self.node).split())

    @property
    def place(self) -> Place:
        """The statement it stands in."""
        return statement_place(self.source, self.node)

    @property
    def layer(self) -> Any:
        """The layer whose output it is; None for a function."""
        made = connections.maker(self.value)
        return None if made is None or wants.is_input_layer(made) else made


def strange_members(evidence: Evidence) -> list[Member]:
    """Return the functions and outputs of layers among what a Sequential was given."""
    call, event = evidence.site_call, evidence.event
    if event.entry not in ("sequential", "add") or call is None or evidence.site is None:
        return []
    source = evidence.scopes[evidence.site].source
    given = [*event.args[:1], *(event.kwargs[name] for name in ("layers", "layer") if name in event.kwargs)]
    nodes = [*call.args[:1], *(one.value for one in call.keywords if one.arg in ("layers", "layer"))]
    if source is None or not given or not nodes:
        return []
    pairs = [(given[0], nodes[0])]
    if is_a(given[0], list | tuple):
        shown = nodes[0].elts if isinstance(nodes[0], ast.List | ast.Tuple) else []
        pairs = list(zip(given[0], shown, strict=True)) if len(shown) == len(given[0]) else []
    found = [Member(value, node, source) for value, node in pairs]
    return [one for one in found if is_a(one.value, FunctionType) or (_is_output(one.value) and one.layer is not None)]


def _is_output(value: Any) -> bool:
    return wants.is_keras_tensor(value)


def candidates(evidence: Evidence, found: list[Member]) -> Iterator[Candidate]:
    """Propose a Lambda around a function, and the layer in the place of its output."""
    scope = evidence.scopes[evidence.site] if evidence.site is not None else None
    root = symbolic.flavour(evidence.event.owner)
    if not found or scope is None or root is None:
        return
    written, layers = [], []
    name, imports = keras_path(scope, root, "layers.Lambda")
    for one in found:
        if one.layer is None:
            written += [edits.wrap(one.source, one.node, f"{name}({{}})"), *imports]
            continue
        layers.append(one.layer)
        made = _constructor(one)
        if made is None:
            return
        written.append(edits.replace(one.source, one.node, made))
    title = (
        f"make a layer of `{found[0].name}`" if not layers else f"give the model the layer {layers[0].name!r} itself"
    )
    yield Candidate(
        title=title,
        edits=tuple(dict.fromkeys(written)),
        cost=0.6,
        cause=found[0].place,
        exact=False,
    )


def _constructor(one: Member) -> str | None:
    """Return how the layer is written whose output stands there: the call without what it is called on."""
    if isinstance(one.node, ast.Call):
        return one.source.segment(one.node.func)
    located = call_that_made(one.layer)
    return None if located is None or located[0] is not one.source else one.source.segment(located[1])
