"""Labels of several outputs in each other's place: the one order in which every output gets labels that fit it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from kerasguard.adapters.losses import Head
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance import walk
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import structure
from kerasguard.repairs.data.changing import changed
from kerasguard.repairs.labels import demands
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit, Place

MOST_OUTPUTS = 5


def order(evidence: Evidence) -> tuple[list[Pair], tuple[int, ...]] | None:
    """Return the pairs as they are, and which of the labels each output should have; None where that is not one order."""
    pairs = demands.pairs(evidence)
    if not 2 <= len(pairs) <= MOST_OUTPUTS or all(suits(one.given, one.head) for one in pairs):
        return None
    if any(one.given.shape is None or one.head.shape is None or one.head.loss is None for one in pairs):
        return None
    found = [
        way
        for way in itertools.permutations(range(len(pairs)))
        if all(suits(pairs[index].given, pair.head) for index, pair in zip(way, pairs, strict=True))
    ]
    return (pairs, found[0]) if len(found) == 1 else None


def suits(given: Given, head: Head) -> bool:
    """Return whether an output could be trained on these labels: by shape, and as class numbers by value."""
    pair = Pair(given, head)
    if not demands.fits(pair):
        return False
    if not head.sparse:
        return True
    bounds = demands.label_range(given)
    if bounds is None:
        return not (given.spec.dtype or "").startswith(("float", "bfloat"))
    return demands.integral(given) and bounds[0] >= 0 and (head.units is None or bounds[1] < head.units)


def candidates(evidence: Evidence, pairs: Sequence[Pair], way: Sequence[int]) -> Iterator[Candidate]:
    """Propose the order that fits, where the labels stand side by side."""
    given = [pair.given for pair in pairs]
    call = evidence.call
    written, place = _written(given, way)
    if call is None or not written:
        return
    live = all(one.element is None for one in given)
    values: dict[tuple[str, tuple[Any, ...]], Any] = {}
    for position, index in enumerate(way):
        values[given[position].slot, given[position].path] = given[index].value
    names = ", ".join(f"`{given[index].name}`" for index in way)
    yield Candidate(
        title=f"give each output its own labels: {names}" if live else "give each output its own labels",
        edits=written,
        cost=0.6,
        call=changed(call, values) if live else None,
        cause=place or evidence.crash,
        exact=live,
    )


def _written(given: list[Given], way: Sequence[int]) -> tuple[tuple[Edit, ...], Place | None]:
    """Return the edits that exchange the expressions, and the line on which they stand."""
    if all(one.element is None for one in given):
        written = structure.reordered(given, way)
        source = given[0].scope.source if given[0].scope is not None else None
        node = given[0].node
        statement = source.statement(node) if source is not None and node is not None else None
        return written, source.place(statement) if source is not None and statement is not None else None
    return _in_elements(given, way)


def _in_elements(given: list[Given], way: Sequence[int]) -> tuple[tuple[Edit, ...], Place | None]:
    """Return the same for labels in the elements of a dataset, generator or Sequence, where one display holds them."""
    from kerasguard.repairs import edits

    chains = []
    for one in given:
        if one.node is None or one.scope is None:
            return (), None
        chains.append(walk.chain(one.node, one.scope, demands.element_path(one)))
    for links in zip(*chains, strict=False):
        source = links[0].source
        parents = {id(source.parent(link.node)) for link in links}
        if len({id(link.node) for link in links}) == len(links) and len(parents) == 1:
            written = tuple(
                edits.replace(source, links[position].node, source.segment(links[index].node))
                for position, index in enumerate(way)
                if position != index
            )
            return written, links[0].place
    return (), None
