"""The third item of a dataset's elements that is no sample weight: names of files, texts, keys."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from typing import Any

from kerasguard.evidence import Evidence, Given
from kerasguard.provenance import walk
from kerasguard.provenance.links import Link
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Edit

PARTS = 3
TEXT = ("string", "object", "str", "<U", "|S", "bytes")
SLICES = frozenset({"from_tensor_slices", "from_tensors"})


def no_weight(evidence: Evidence) -> Given | None:
    """Return what stands third in the elements of the data and cannot be a number."""
    if evidence.event.entry not in demands.TRAINING:
        return None
    for one in evidence.everything:
        if one.slot == "sample_weight" and one.element is not None and (one.spec.dtype or "").startswith(TEXT):
            return one
    return None


def candidates(evidence: Evidence, given: Given) -> Iterator[Candidate]:
    """Propose elements without it: where they are written, else by one more stage where the dataset is passed."""
    links = _links(given)
    found = _displayed(links)
    call = evidence.call
    if call is None:
        return
    mapped = _mapped(evidence, given)
    if found is not None:
        link, display = found
        source = link.source
        before, last = source.place(display.elts[1]), source.place(display.elts[2])
        edit = Edit(source.filename, (before.end_row, before.end_column), (last.end_row, last.end_column), "")
        used = _unpacked_elsewhere(link)
        yield Candidate(
            title="hand out data and labels only",
            edits=(edit,),
            cost=1.1 if used else 0.6,
            call=mapped,
            cause=source.place(source.statement(display) or display),
            exact=mapped is not None and not used,
            applicability="unsafe",
        )
    if mapped is None or given.node is None or given.scope is None or given.scope.source is None:
        return
    source = given.scope.source
    written = [edits.wrap(source, given.node, "{}.map(lambda x, y, _: (x, y))")]
    other = _validation(evidence)
    if other is not None and other.node is not None and other.scope is not None and other.scope.source is not None:
        written.append(edits.wrap(other.scope.source, other.node, "{}.map(lambda x, y, _: (x, y))"))
    yield Candidate(
        title="take data and labels only",
        edits=tuple(written),
        cost=0.9,
        call=mapped,
        cause=links[-1].place if found is None and links else found[0].place if found is not None else None,
    )


def _links(given: Given) -> list[Link]:
    if given.node is None or given.scope is None:
        return []
    return walk.chain(given.node, given.scope, demands.element_path(given))


def _displayed(links: list[Link]) -> tuple[Link, ast.Tuple] | None:
    """Return the tuple of three, written out, whose last item it is; the one nearest to the use."""
    for link in links:
        parent = link.source.parent(link.node)
        if isinstance(parent, ast.Tuple) and len(parent.elts) == PARTS and parent.elts[2] is link.node:
            around = link.source.parent(parent)
            handed = isinstance(around, ast.Return | ast.Yield | ast.Expr)
            sliced = isinstance(around, ast.Call) and getattr(around.func, "attr", "") in SLICES
            if handed or sliced or (isinstance(around, ast.Lambda) and around.body is parent):
                return link, parent
    return None


def _unpacked_elsewhere(link: Link) -> bool:
    """Return whether the program takes elements of three apart in some loop: then they have to stay as they are."""
    for node in ast.walk(link.source.tree):
        target = node.target if isinstance(node, ast.For | ast.comprehension) else None
        if isinstance(target, ast.Tuple) and len(target.elts) == PARTS:
            return True
    return False


def _validation(evidence: Evidence) -> Given | None:
    call = evidence.call
    value = call.validation_data if call is not None else None
    if value is None or isinstance(value, tuple | list | dict):
        return None
    found = [one for one in evidence.tensors("validation_data", value) if one.slot == "sample_weight"]
    return next((one for one in found if (one.spec.dtype or "").startswith(TEXT)), None)


def _mapped(evidence: Evidence, given: Given) -> Any:
    """Return the failing call with datasets of the first two parts."""
    call, other = evidence.call, _validation(evidence)
    if call is None or given.element != (2,) or call.x is not given.value or not hasattr(given.value, "element_spec"):
        return None
    changes = {"x": _first_two(given.value)}
    if other is not None and hasattr(other.value, "element_spec"):
        changes["validation_data"] = _first_two(other.value)
    return dataclasses.replace(call, **changes)


def _first_two(dataset: Any) -> Any:
    return dataset.map(lambda x, y, *_: (x, y))
