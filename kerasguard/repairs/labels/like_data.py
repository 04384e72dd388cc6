"""Labels of another height, width or length than the data, where the model keeps the size: prepare them alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kerasguard.evidence import Evidence, Given
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import likeness
from kerasguard.repairs.data.changing import changed, stand_in_for
from kerasguard.repairs.data.likeness import Use
from kerasguard.repairs.labels import demands
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Shape


class Unlike(NamedTuple):
    """Labels that differ in size from the output, which has the size of the data."""

    pair: Pair
    data: Given
    sample: Shape


def unlike(evidence: Evidence) -> Unlike | None:
    """Return the labels that have another size than data and output, which agree."""
    for pair in demands.pairs(evidence):
        output, shape = pair.head.shape, pair.given.shape
        if output is None or shape is None or len(output) < 3 or not 0 <= len(output) - len(shape) <= 1:
            continue
        spatial, mine = output[1:-1], shape[1 : len(output) - 1]
        if None in spatial or None in mine or spatial == mine or (len(shape) == len(output) and shape[-1] is None):
            continue
        for data in evidence.given:
            if (data.shape or ())[1 : len(output) - 1] == spatial and len(data.shape or ()) >= len(output) - 1:
                return Unlike(pair, data, (*spatial, *shape[len(output) - 1 :]))
    return None


def candidates(evidence: Evidence, found: Unlike) -> Iterator[Candidate]:
    """Propose for the labels the step or the option that gave the data its size."""
    call, one, data, sample = evidence.call, found.pair.given, found.data, found.sample
    if call is None or one.node is None or one.scope is None or data.node is None or data.scope is None:
        return
    count = len(found.pair.head.shape or ()) - 2
    sizes = sample[:count]

    def fits(shape: Shape | None) -> bool:  # of a sample or of a batch, of the data or of the labels
        known = shape or ()
        return any(known[start : start + count] == sizes for start in (0, 1)) and len(known) >= count

    uses = Use(one.node, one.scope, demands.element_path(one)), Use(data.node, data.scope, demands.element_path(data))
    whose = "the labels like the data" if one.name == data.name else f"`{one.name}` like `{data.name}`"
    for way in likeness.ways(uses[0], uses[1], fits):
        new = None if one.element is not None else stand_in_for(one, ((one.shape or (None,))[0], *sample))
        yield Candidate(
            title=f"prepare {whose}: {way.step}",
            edits=way.edits,
            cost=0.4,
            call=None if new is None else changed(call, {(one.slot, one.path): new}),
            cause=way.place,
            exact=way.shape is not None and None not in way.shape,
        )
