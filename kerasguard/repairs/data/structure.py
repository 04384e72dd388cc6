"""Search: which rearrangement of what was passed has the structure that the model wants."""

from __future__ import annotations

import ast
import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from kerasguard.adapters import wants
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.walk import chain
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import pipelines
from kerasguard.repairs.data.search import misfits
from kerasguard.vocabulary import Edit, Place

MOST_INPUTS = 5


def orders(evidence: Evidence) -> Iterator[tuple[int, ...]]:
    """Yield the orders in which the tensors passed in a list fit the inputs, when theirs does not."""
    given, wanted = evidence.given, evidence.wanted
    if not 2 <= len(given) <= MOST_INPUTS or len(given) != len(wanted) or not misfits(evidence):
        return
    if any(one.element is not None or len(one.path) != 1 or not isinstance(one.path[0], int) for one in given):
        return
    for order in itertools.permutations(range(len(given))):
        if all(want.fits(given[index].shape) for index, want in zip(order, wanted, strict=True)):
            yield order


def order_candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose to put the inputs in the order in which the model lists them."""
    call = evidence.call
    if call is None:
        return
    for order in itertools.islice(orders(evidence), 3):
        values = [evidence.given[index].value for index in order]
        written = reordered(evidence.given, order)
        names = ", ".join(evidence.given[index].name for index in order)
        yield Candidate(
            title=f"pass the inputs in the model's order: {names}",
            edits=written,
            cost=0.8,
            call=dataclasses.replace(call, x=type(call.x)(values) if isinstance(call.x, list | tuple) else values),
            exact=bool(written),
            applicability="safe",
        )


def reordered(given: Sequence[Given], order: Sequence[int]) -> tuple[Edit, ...]:
    """Return the edits that put the written expressions in another order; none where they stand apart."""
    nodes = [one.node for one in given]
    sources = {id(one.scope.source) for one in given if one.scope is not None}
    if None in nodes or len(sources) != 1 or len({id(node) for node in nodes}) != len(nodes):
        return ()
    source = given[0].scope.source if given[0].scope is not None else None
    if source is None:
        return ()
    return tuple(
        edits.replace(source, given[position].node, source.segment(given[index].node))  # type: ignore[arg-type]
        for position, index in enumerate(order)
        if position != index
    )


def structure_candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose other nestings: a stacked array taken apart, a nested list flattened, names put to a list, extras dropped."""
    call = evidence.call
    if call is None or not evidence.wanted:
        return
    yield from _unstacked(evidence)
    yield from pipelines.unstacking(evidence)
    yield from _flattened(evidence)
    yield from _named(evidence)
    yield from _only_what_fits(evidence)


def packed_at(evidence: Evidence) -> Place | None:
    """Return where the list, tuple or dict that was passed is written."""
    call = evidence.call
    _, node, scope = evidence.written("x", (), call.x if call is not None else None)
    if node is None or scope is None:
        return None
    for link in chain(node, scope):
        if isinstance(link.node, ast.List | ast.Tuple | ast.Dict):
            return link.place
    return None


def _unstacked(evidence: Evidence) -> Iterator[Candidate]:
    """Take one array, or a nested list of numbers, that holds all inputs apart."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    if call is None or len(given) != 1 or len(wanted) < 2 or given[0].element is not None or given[0].shape is None:
        return
    one, count = given[0], len(wanted)
    for axis in range(min(2, len(one.shape or ()))):
        if (one.shape or ())[axis] != count:
            continue
        rest = tuple(size for position, size in enumerate(one.shape or ()) if position != axis)
        for batch in ((), (1,)):
            if all(want.fits((*batch, *rest)) for want in wanted):
                yield from _unstacked_by(evidence, one, axis, (*batch, *rest))


def _unstacked_by(evidence: Evidence, one: Given, axis: int, shape: tuple[int | None, ...]) -> Iterator[Candidate]:
    from kerasguard.repairs.transformations import stand_in

    call, wanted = evidence.call, evidence.wanted
    if call is None or one.node is None or one.scope is None or one.scope.source is None:
        return
    source = one.scope.source
    new_batch = len(shape) == len(one.shape or ())
    parts, cause = _parts(one.node, len(wanted), axis), None
    array = "numpy" if one.spec.kind != "python" else "python"
    alias = edits.alias(source, "numpy")
    if parts is not None and alias is not None:
        inner = [source.segment(part) for part in parts]
        wrap = f"{alias}.array([{{}}])" if new_batch or axis == 1 else f"{alias}.array({{}})"
        text = "[" + ", ".join(wrap.format(item) for item in inner) + "]"
    elif array == "numpy":
        text_of = source.segment(one.node)
        cause = source.place(source.statement(one.node) or one.node)  # to keep the parts together was no mistake
        at = ":, " * axis
        text = (
            "["
            + ", ".join(f"{text_of}[{at}{index}]" + ("[None]" if new_batch else "") for index in range(len(wanted)))
            + "]"
        )
    else:
        return
    dtype = one.spec.dtype or "float32"
    import numpy as np

    values = [stand_in(np.zeros((), dtype), shape) for _ in wanted]
    yield Candidate(
        title=f"pass {len(wanted)} arrays, one for each input",
        edits=(edits.replace(source, one.node, text),),
        cost=1.2,
        call=dataclasses.replace(call, x=values),
        cause=cause,
        applicability="safe",
    )


def _parts(node: ast.expr, count: int, axis: int) -> list[ast.expr] | None:
    """Return the written parts of a nested display: ``[a, b]``, or ``[[a, b]]`` with the parts inside."""
    for _ in range(axis):
        if not isinstance(node, ast.List | ast.Tuple) or len(node.elts) != 1:
            return None
        node = node.elts[0]
    if isinstance(node, ast.List | ast.Tuple) and len(node.elts) == count:
        return list(node.elts)
    return None


def _flattened(evidence: Evidence) -> Iterator[Candidate]:
    """Flatten a list in a list, or a tuple in a list, around the right tensors."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    if call is None or len(given) != len(wanted) or any(one.element is not None for one in given):
        return
    if not any(len(one.path) > 1 for one in given) or not all(
        w.fits(g.shape) for g, w in zip(given, wanted, strict=True)
    ):
        return
    whole = evidence.written("x", (), call.x)
    values = [one.value for one in given]
    if whole[1] is None or whole[2] is None or whole[2].source is None:
        return
    source = whole[2].source
    texts = [one.text for one in given]
    if None in texts:
        return
    text = "[" + ", ".join(str(item) for item in texts) + "]" if len(values) > 1 else str(texts[0])
    yield Candidate(
        title="pass the tensors in one flat list",
        edits=(edits.replace(source, whole[1], text),),
        cost=1.0,
        call=dataclasses.replace(call, x=values if len(values) > 1 else values[0]),
        applicability="safe",
    )


def _named(evidence: Evidence) -> Iterator[Candidate]:
    """Name each tensor of a list by the input it fits, where the model was built on a dict."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    structure = wants.graph_structure(evidence.event.owner)
    if call is None or not isinstance(structure, dict) or isinstance(call.x, dict) or len(given) != len(wanted):
        return
    if any(one.text is None for one in given):
        return
    whole = evidence.written("x", (), call.x)
    if whole[1] is None or whole[2] is None or whole[2].source is None:
        return
    source = whole[2].source
    names = list(structure)
    by_name = {want.name: want for want in wanted}
    for order in itertools.islice(itertools.permutations(range(len(given))), 24):
        chosen = [given[index] for index in order]
        if all(by_name[name].fits(one.shape) for name, one in zip(names, chosen, strict=True) if name in by_name):
            entries = ", ".join(f'"{name}": {one.text}' for name, one in zip(names, chosen, strict=True))
            yield Candidate(
                title="pass a dict with the names of the inputs",
                edits=(edits.replace(source, whole[1], "{" + entries + "}"),),
                cost=1.0,
                call=dataclasses.replace(call, x=dict(zip(names, [one.value for one in chosen], strict=True))),
                applicability="safe",
            )
            return


def _only_what_fits(evidence: Evidence) -> Iterator[Candidate]:
    """Leave out labels, names or an extra array that are passed along with the data."""
    call, given, wanted = evidence.call, evidence.given, evidence.wanted
    if call is None or len(given) <= len(wanted) or len(given) > MOST_INPUTS or any(one.text is None for one in given):
        return
    whole = evidence.written("x", (), call.x)
    if whole[1] is None or whole[2] is None or whole[2].source is None:
        return
    source = whole[2].source
    for chosen in itertools.combinations(given, len(wanted)):
        if all(want.fits(one.shape) for one, want in zip(chosen, wanted, strict=True)):
            texts = [str(one.text) for one in chosen]
            values: Any = [one.value for one in chosen]
            yield Candidate(
                title="pass only what the model has an input for",
                applicability="unsafe",
                edits=(edits.replace(source, whole[1], texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"),),
                cost=1.6,
                call=dataclasses.replace(call, x=values[0] if len(values) == 1 else values),
            )
            return
