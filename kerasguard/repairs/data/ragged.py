"""Ragged data and ragged Inputs: padded instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, wants
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.origins import lines_that_made
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.changing import changed
from kerasguard.repairs.failing import delete_argument
from kerasguard.repairs.transformations import stand_in
from kerasguard.vocabulary import Edit, Place


@dataclass(frozen=True)
class Declared:
    """An Input that was made with ``ragged=True``."""

    name: str
    call: ast.Call
    source: SourceFile
    place: Place


def given(evidence: Evidence) -> list[Given]:
    """Return the ragged tensors among the data."""
    return [one for one in evidence.given if one.spec.kind == "ragged" and one.element is None]


def declared(evidence: Evidence) -> list[Declared]:
    """Return the ragged Inputs of the model, with the lines that made them."""
    found: list[Declared] = []
    for tensor in wants.graph_inputs(evidence.event.owner):
        history = getattr(tensor, "_keras_history", None)
        for source, call in lines_that_made(history[0] if history else None):
            if not isinstance(call, ast.Call):
                continue
            if any(keyword.arg == "ragged" for keyword in call.keywords):
                statement = source.statement(call)
                name = str(getattr(tensor, "name", ""))
                if isinstance(statement, ast.Assign):
                    name = source.segment(statement.targets[0])
                found.append(Declared(name, call, source, source.place(statement or call)))
            break
    return found


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose to pad the data, and to take ``ragged=True`` off the Inputs."""
    call, found = evidence.call, given(evidence)
    if call is None or not found or any(one.node is None or one.scope is None for one in found):
        return
    written: list[Edit] = []
    values: dict[tuple[str, tuple[Any, ...]], Any] = {}
    for one in found:
        assert one.node is not None and one.scope is not None and one.scope.source is not None  # noqa: S101, PT018
        written.append(edits.wrap(one.scope.source, one.node, "{}.to_tensor()"))
        values[one.slot, one.path] = stand_in(one.value, one.shape or (), specs.dtype_of(one.value))
    inputs = declared(evidence)
    for each in inputs:
        keyword = next(one for one in each.call.keywords if one.arg == "ragged")
        gone = delete_argument(each.source, each.call, keyword.value)
        if gone is not None:
            written.append(gone)
    yield Candidate(
        title="pad the rows" + (", and declare no ragged Input" if inputs else ""),
        edits=tuple(written),
        cost=1.0,
        call=None if inputs else changed(call, values),
        cause=inputs[0].place if inputs else None,
        exact=False,
    )
