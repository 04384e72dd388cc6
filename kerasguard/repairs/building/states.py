"""Changes for a recurrent layer whose initial state comes from an Input: the Input takes the size of the state."""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.adapters.rebuild import Change
from kerasguard.repairs.building.inputs import resized_inputs
from kerasguard.repairs.building.search import Failure, Proposal

RANK = 2  # of a state: (batch, units)


def state_inputs(failure: Failure) -> Iterator[Proposal]:
    """Give the Input of a state as many entries as the layer has units."""
    layer = failure.step.operation
    units = getattr(layer, "units", None)
    if not isinstance(units, int) or not hasattr(layer, "return_sequences"):
        return
    changed, wrong = {}, []
    for slot, shape in list(zip(failure.step.slots, failure.given, strict=True))[1:]:
        made = failure.plan.producer(slot)
        if made is not None and made.is_input and shape is not None and len(shape) == RANK and shape[1] != units:
            changed[id(made.operation)] = (shape[0], units)
            wrong.append((made, (shape[0], units)))
    ways = [list(resized_inputs(failure, step, shape)) for step, shape in wrong]
    if not ways or not all(ways):
        return
    # A number that other layers read as well is left alone: then only the Input's own shape is written anew.
    chosen = [next((one for one in way if one.whole), way[-1]) for way in ways]
    edits = tuple(dict.fromkeys(edit for one in chosen for edit in one.edits))
    yield Proposal(
        title=f"give the state's Input the {units} units of {layer.name!r}",
        change=Change(inputs=changed),
        edits=edits,
        cost=0.4,
        code="KG208",
        cause=chosen[0].place,
        exact=all(one.whole for one in chosen),
        names=(layer.name, *(name for one in chosen for name in one.names)),
    )
