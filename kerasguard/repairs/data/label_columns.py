"""Data that still holds the column from which the labels were taken."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from kerasguard.adapters.specs import kind_of
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.walk import Link, chain
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.changing import changed, stand_in_for
from kerasguard.repairs.data.search import misfits
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Edit, Place

MOST_LINKS = 24


class Kept(NamedTuple):
    """The data, the labels, and how to leave the labels' column out."""

    given: Given
    labels: Given
    taken: str
    edit: Edit
    place: Place


def kept(evidence: Evidence) -> Kept | None:
    """Return the data that has one column too many, which is the one that the labels are taken from."""
    for given, want in misfits(evidence):
        have, wanted = (given.shape or (None,))[-1], (want.display or (None,))[-1]
        if have is None or wanted is None or have != wanted + 1 or given.node is None or given.scope is None:
            continue
        mine = chain(given.node, given.scope, demands.element_path(given))[:MOST_LINKS]
        for labels in demands.labels(evidence):
            if labels.node is None or labels.scope is None:
                continue
            for link in chain(labels.node, labels.scope, demands.element_path(labels))[:MOST_LINKS]:
                found = _of_link(given, labels, link, mine, have)
                if found is not None:
                    return found
    return None


def _of_link(given: Given, labels: Given, link: Link, mine: list[Link], size: int) -> Kept | None:
    for node in ast.walk(link.node):
        for one in mine if isinstance(node, ast.Subscript) else ():
            edit = _without(one, link, node, size)  # type: ignore[arg-type]  # asked just now
            if edit is not None:
                return Kept(given, labels, link.source.segment(node), edit, one.place)
    return None


def _without(one: Link, taken: Link, node: ast.Subscript, size: int) -> Edit | None:
    """Return the edit that leaves out of a table what the labels take from it; None where they take nothing of it."""
    if one.source is not taken.source or not isinstance(one.node, ast.Name):
        return None
    same = ast.dump(one.node) == ast.dump(node.value) and one.source.owner(one.node) is one.source.owner(node)
    parent = one.source.parent(one.node)
    if not same or (isinstance(parent, ast.Subscript) and parent.value is one.node):
        return None
    column = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
    value = evaluate(column, taken.scope)
    if isinstance(value, str) and kind_of(evaluate(node.value, taken.scope)) == "dataframe":
        return edits.wrap(one.source, one.node, f"{{}}.drop(columns={value!r})")
    if not isinstance(value, int) or value not in (0, -1, size - 1):
        return None
    rest = "1:" if value == 0 else ":-1"
    before = ":, " * (len(node.slice.elts) - 1) if isinstance(node.slice, ast.Tuple) else ""
    whole = getattr(one.statement, "value", None)
    again = [part for part in ast.walk(one.statement) if ast.dump(part) == ast.dump(one.node)]
    if len(again) > 1 and isinstance(one.statement, ast.Assign) and isinstance(whole, ast.expr):
        return edits.wrap(one.source, whole, f"{{}}[{before}{rest}]")
    return edits.wrap(one.source, one.node, f"{{}}[{before}{rest}]")


def candidates(evidence: Evidence, found: Kept) -> Iterator[Candidate]:
    """Propose the data without that column."""
    call, one = evidence.call, found.given
    new = None
    shape = (*(one.shape or ())[:-1], ((one.shape or (1,))[-1] or 1) - 1)
    if call is not None and one.element is None and None not in shape:
        new = changed(call, {(one.slot, one.path): stand_in_for(one, shape)})
    yield Candidate(
        title=f"leave out of the data what the labels are taken from: `{found.taken}`",
        edits=(found.edit,),
        cost=0.4,
        call=new,
        cause=found.place,
    )
