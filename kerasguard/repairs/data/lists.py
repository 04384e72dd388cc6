"""Python lists where an array belongs: Keras takes a list for several tensors, not for one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.adapters.tensors import blank
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance import walk
from kerasguard.provenance.links import Link
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.changing import changed
from kerasguard.repairs.labels import demands


def listed(evidence: Evidence) -> list[Given]:
    """Return the labels and weights that were passed as a list of numbers."""
    return [
        one
        for one in evidence.everything
        if one.slot != "x" and one.element is None and one.spec.kind == "python" and isinstance(one.value, list | tuple)
    ]


def as_arrays(evidence: Evidence) -> Iterator[Candidate]:
    """Propose arrays in place of the lists: where a list is written, or around a list that was filled step by step."""
    call = evidence.call
    if call is None:
        return
    values, written, cause = {}, [], None
    for one in listed(evidence):
        if one.node is None or one.scope is None or one.scope.source is None or one.shape is None:
            return
        link = _written(one)
        source, node = (link.source, link.node) if link is not None else (one.scope.source, one.node)
        alias = edits.alias(source, "numpy")
        if alias is None:
            written.append(edits.import_line(source, "import numpy as np"))
        written.append(edits.wrap(source, node, f"{alias or 'np'}.array({{}})"))
        sizes = tuple(size for size in one.shape if size is not None)
        values[one.slot, one.path] = blank(sizes, one.spec.dtype or "int64")
        cause = cause or (link.place if link is not None else evidence.crash)
    if values:
        yield Candidate(
            title="make an array of the list",
            edits=tuple(written),
            cost=0.6,
            call=changed(call, values),
            cause=cause,
            applicability="safe",
        )


def _written(one: Given) -> Link | None:
    """Return the expression that makes the whole list at once; None where it is filled by ``append``."""
    if one.node is None or one.scope is None:
        return None
    for link in walk.chain(one.node, one.scope):
        if link.path:
            return None
        if isinstance(link.node, ast.Name):
            if _filled(link):
                return None
            continue
        empty = isinstance(link.node, ast.List) and not link.node.elts
        return None if empty or link.node is one.node or not _makes_list(link) else link
    return None


def _filled(link: Link) -> bool:
    name = link.node.id if isinstance(link.node, ast.Name) else ""
    for node in ast.walk(link.scope.owner or link.source.tree):
        func = node.func if isinstance(node, ast.Call) else None
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
            continue
        if func.value.id == name and func.attr in {"append", "extend", "insert"}:
            return True
    return demands.changed_in_place(link)


def _makes_list(link: Link) -> bool:
    return isinstance(link.node, ast.List | ast.ListComp | ast.BinOp)
