"""Validation data that is not made of data and labels: the labels that the program has for it, and other nestings."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters.specs import Spec, kind_of, spec_of
from kerasguard.adapters.tensors import blank
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.values import UNKNOWN, ghost_of
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import is_live
from kerasguard.repairs.labels import demands
from kerasguard.repairs.labels.validation import SLOT, parts

MOST_NAMES = 200


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose the labels that belong to the data, or inputs and outputs in tuples of their own."""
    call = evidence.call
    if call is None:
        return
    name, node, scope = evidence.written(SLOT, (), call.validation_data)
    del name
    if node is None or scope is None or scope.source is None:
        return
    if parts(evidence) == 1 and kind_of(call.validation_data) in {"numpy", "eager", "dataframe"}:
        yield from _with_labels(evidence, node, scope)
    elif isinstance(node, ast.Tuple):
        yield from _nested(evidence, node, scope)


def _with_labels(evidence: Evidence, node: ast.expr, scope: Scope) -> Iterator[Candidate]:
    call, source = evidence.call, scope.source
    heads = demands.heads(evidence)
    if call is None or source is None or len(heads) != 1:
        return
    rows = (spec_of(call.validation_data).shape or (None,))[0]
    found = [*_sliced_alike(evidence, node, scope), *_named_alike(evidence, scope, node)]
    for text, value in found:
        ghost = ghost_of(value) if value is not UNKNOWN else None
        shape = ghost.shape if ghost is not None else None
        if ghost is None or not shape or None in shape or (rows is not None and shape[0] != rows):
            continue
        given = Given(SLOT, (1,), value, Spec(shape, ghost.dtype, "numpy"), text)
        if not demands.fits(demands.Pair(given, heads[0])):
            continue
        live = value if is_live(value) else blank(shape, ghost.dtype or "float32")
        yield Candidate(
            title=f"pass `{text}` as its labels",
            edits=(edits.replace(source, node, f"({source.segment(node)}, {text})"),),
            cost=0.7,
            call=dataclasses.replace(call, validation_data=(call.validation_data, live)),
        )
        return


def _sliced_alike(evidence: Evidence, node: ast.expr, scope: Scope) -> Iterator[tuple[str, Any]]:
    """Yield the rows of the labels that are taken from all labels as these are taken from all data."""
    call, source = evidence.call, scope.source
    if call is None or source is None or not isinstance(node, ast.Subscript):
        return
    whole = source.segment(node.value)
    pair = [evidence.written(slot, (), getattr(call, slot))[1:] for slot in ("x", "y")]
    (data, _), (labels, where) = pair
    if where is not scope or not isinstance(data, ast.Subscript) or source.segment(data.value) != whole:
        return
    if isinstance(labels, ast.Subscript):
        index = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        text = f"{source.segment(labels.value)}[{source.segment(index)}]"
        yield text, evaluate(ast.parse(text, mode="eval").body, scope)


def _named_alike(evidence: Evidence, scope: Scope, node: ast.expr) -> Iterator[tuple[str, Any]]:
    """Yield the variable that is named for these data as the labels for training are named for theirs."""
    call = evidence.call
    if call is None or not isinstance(node, ast.Name):
        return
    data, labels = (evidence.written(slot, (), getattr(call, slot))[1] for slot in ("x", "y"))
    if not isinstance(data, ast.Name) or not isinstance(labels, ast.Name):
        return
    names = {**scope.globals, **scope.names} if scope.outer is None else dict(scope.names)
    for name in list(names)[:MOST_NAMES]:
        if _analogous(data.id, labels.id, node.id, name) and kind_of(names[name]) in {"numpy", "eager", "dataframe"}:
            yield name, names[name]


def _analogous(data: str, labels: str, others: str, name: str) -> bool:
    """Return whether a name is to `others` as `labels` is to `data`: what they share at the start or end changes alike."""
    if name in {data, labels, others}:
        return False
    for a, b, c, d in ((data, labels, others, name), (data[::-1], labels[::-1], others[::-1], name[::-1])):
        shared = _shared(a, b)
        if shared and a[:shared] != c[:shared] and d == _replaced(a, b, c, shared):
            return True
    return False


def _shared(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _replaced(data: str, labels: str, others: str, shared: int) -> str | None:
    """Return `labels` with the start that it shares with `data` as `others` has it; None where `others` ends otherwise."""
    end = data[shared:]
    return others[: len(others) - len(end)] + labels[shared:] if end and others.endswith(end) else None


def _nested(evidence: Evidence, node: ast.Tuple, scope: Scope) -> Iterator[Candidate]:
    """Propose tuples of the inputs and of the outputs, where all of them stand side by side."""
    call, source = evidence.call, scope.source
    inputs, heads = len(evidence.wanted), len(demands.heads(evidence))
    items = tuple(call.validation_data) if call is not None else ()
    if call is None or source is None or inputs + heads != len(items) or len(node.elts) != len(items) or not heads:
        return
    texts = [source.segment(one) for one in node.elts]
    groups = [
        texts[0] if inputs == 1 else f"({', '.join(texts[:inputs])})",
        texts[-1] if heads == 1 else f"({', '.join(texts[inputs:])})",
    ]
    new = (items[0] if inputs == 1 else items[:inputs], items[-1] if heads == 1 else items[inputs:])
    yield Candidate(
        title="put the inputs, and the labels, in a tuple of their own",
        edits=(edits.replace(source, node, f"({', '.join(groups)})"),),
        cost=0.7,
        call=dataclasses.replace(call, validation_data=new),
    )
