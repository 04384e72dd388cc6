"""Inputs that are declared ragged, in front of a layer that takes only rows of equal length."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, symbolic, wants
from kerasguard.adapters.rebuild import rebuild
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.origins import call_that_made
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs.building.plans import plan_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import delete_argument, statement_place
from kerasguard.vocabulary import Edit, Place


@dataclass(frozen=True)
class Declared:
    """An Input made with ``ragged=True``."""

    name: str
    call: ast.Call
    source: SourceFile

    @property
    def place(self) -> Place:
        """Its line."""
        return statement_place(self.source, self.call)


def declared(evidence: Evidence) -> list[Declared]:
    """Return the ragged Inputs from which the symbolic tensors come that a layer refused."""
    if evidence.failing is None or not _reach(evidence.failing.inputs):
        return []
    given = [one.inputs for one in evidence.layer_calls] + [list(evidence.event.args), dict(evidence.event.kwargs)]
    tensors = [leaf for _, leaf in specs.leaves(given) if wants.is_keras_tensor(leaf)]
    found: dict[int, Declared] = {}
    for tensor in symbolic.inputs_behind(tensors):
        maker = symbolic.maker_of(tensor)
        source, call = call_that_made(maker) or (None, None)
        if source is not None and call is not None and any(one.arg == "ragged" for one in call.keywords):
            found[id(call)] = Declared(str(maker.name), call, source)
    return list(found.values())


def _reach(inputs: Any) -> bool:
    """Return whether a ragged tensor is among the inputs of a layer."""
    return any(
        specs.kind_of(leaf) == "ragged" or "Ragged" in type(specs.read(leaf, "type_spec")).__name__
        for _, leaf in specs.leaves(inputs)
    )


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose Inputs that are not ragged: padded rows fit into them."""
    found = declared(evidence)
    written: list[Edit] = []
    for one in found:
        keyword = next(each for each in one.call.keywords if each.arg == "ragged")
        gone = delete_argument(one.source, one.call, keyword.value)
        if gone is None:
            return
        written.append(gone)
    if written:
        yield Candidate(
            title="declare the Input without ragged, and pad the rows",
            edits=tuple(written),
            cost=1.0,
            check=lambda: _built(evidence),
            cause=found[0].place,
            exact=False,
        )


def _built(evidence: Evidence) -> Outcome:
    """Say whether the layers take the tensors of Inputs that are not ragged; a rebuilt Input never is."""
    planned = plan_of(evidence)
    if planned is None or not rebuild(planned[0], traced=planned[1]).accepted:
        return Outcome(accepted=False, note="the layers refuse such tensors too")
    return Outcome(accepted=True, note="rebuilt on specs with an Input that is not ragged")
