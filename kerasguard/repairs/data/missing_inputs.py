"""A model with several inputs got fewer tensors: which of them is missing, and which array of the program it may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.building.sites import reads
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Edit

ARRAYS = frozenset({"numpy", "eager"})
MOST = 3


class Fill(NamedTuple):
    """An array of the program for an input that got none; the higher `likeness`, the better it suits."""

    place: int
    name: str
    value: Any
    likeness: int


def one_missing(evidence: Evidence) -> bool:
    """Return whether a model got tensors in a list, or one alone, and just one fewer than it has inputs."""
    call = evidence.call
    if call is None or is_a(call.x, dict) or not evidence.given or len(evidence.wanted) < 2:
        return False
    if any(one.shape is None or one.spec.kind == "keras" for one in evidence.given):
        return False
    return len(evidence.given) + 1 == len(evidence.wanted)


def missing(evidence: Evidence) -> list[str]:
    """Return the inputs for which nothing was passed: those that no given name resembles, else the last."""
    names = [one.name.lower() for one in evidence.given]
    found = [want.name for want in evidence.wanted if not any(_alike(want.name, name) for name in names)]
    return found if len(found) == 1 else [evidence.wanted[-1].name]


def _alike(one: str, other: str) -> bool:
    one, other = one.lower(), other.lower()
    return bool(one and other) and (one in other or other in one)


def fills(evidence: Evidence) -> list[Fill]:
    """Return the arrays that suit an input that got none, by likeness."""
    if evidence.site is None or not one_missing(evidence) or any(one.element is not None for one in evidence.given):
        return []  # what a pipeline hands out is made elsewhere
    scope = evidence.scopes[evidence.site]
    given = [one.shape for one in evidence.given if one.shape is not None]
    passed = {id(one.value) for one in evidence.everything}
    found: list[Fill] = []
    for name, value in {**scope.globals, **scope.names}.items():
        shape = specs.shape_of(value) if specs.kind_of(value) in ARRAYS and not name.startswith("_") else None
        if not shape or id(value) in passed or shape[0] != given[0][0]:
            continue
        for index, want in enumerate(evidence.wanted):
            shapes = [*given[:index], shape, *given[index:]]
            if all(one.fits(each) for one, each in zip(evidence.wanted, shapes, strict=True)):
                found.append(Fill(index, name, value, _likeness(evidence, want.name, name, index)))
    return sorted(found, key=lambda one: -one.likeness)


def _likeness(evidence: Evidence, wanted: str, name: str, index: int) -> int:
    scope = evidence.scopes[evidence.site or 0]
    points = 4 if _alike(wanted, name) else 0
    mine = scope.home(name, evidence.site_call)[1]
    for one in evidence.given:
        others = scope.home(one.name, evidence.site_call)[1] if one.name.isidentifier() else []
        if mine and others and mine[0].statement is others[0].statement:
            points += 2
            break
    if scope.source is not None and not reads(scope.source, name, scope.owner):
        points += 2
    return points + (1 if index == len(evidence.given) else 0)


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose to pass the array that was left out."""
    call = evidence.call
    if call is None or evidence.site is None:
        return
    source = evidence.scopes[evidence.site].source
    for count, fill in enumerate([one for one in fills(evidence) if one.likeness > 1][:MOST]):
        x = [one.value for one in evidence.given]
        x.insert(fill.place, fill.value)
        written = _written(evidence, source, fill) if source is not None else None
        if written is not None:
            yield Candidate(
                title=f"pass `{fill.name}` for input '{evidence.wanted[fill.place].name}'",
                edits=(written,),
                cost=0.6 + 0.05 * count,
                call=dataclasses.replace(call, x=x),
                cause=evidence.crash,
            )


def _written(evidence: Evidence, source: SourceFile, fill: Fill) -> Edit | None:
    import ast

    call = evidence.call
    _, node, scope = evidence.written("x", (), call.x if call is not None else None)
    if node is None or scope is None or scope.source is not source:
        return None
    if isinstance(node, ast.List | ast.Tuple) and len(node.elts) == len(evidence.given):
        texts = [source.segment(item) for item in node.elts]
    elif len(evidence.given) == 1 and call is not None and not isinstance(call.x, list | tuple):
        texts = [source.segment(node)]
    elif fill.place == len(evidence.given):
        texts = [f"*{source.segment(node)}"]
        return edits.replace(source, node, f"[{texts[0]}, {fill.name}]")
    else:
        return None
    texts.insert(fill.place, fill.name)
    return edits.replace(source, node, f"[{', '.join(texts)}]")
