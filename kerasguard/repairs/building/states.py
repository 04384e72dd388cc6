"""Changes for a recurrent layer whose initial state comes from an Input: the Input takes the size of the state."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters.rebuild import Change
from kerasguard.provenance.origins import made_at
from kerasguard.repairs import edits
from kerasguard.repairs.building.inputs import resized_inputs
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place

STATES = "initial_state"
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


def counted(failure: Failure) -> tuple[int, int] | None:
    """Return how many states a recurrent layer is given and how many it has, where the two differ."""
    layer = failure.step.operation
    sizes: Any = getattr(getattr(layer, "cell", None), "state_size", None)
    given = len(failure.step.slots) - 1
    wanted = len(sizes) if isinstance(sizes, list | tuple) else 1
    return None if sizes is None or given < 1 or given == wanted else (given, wanted)


def as_many_states(failure: Failure) -> Iterator[Candidate]:
    """Propose a list of as many states as the layer has."""
    counts = counted(failure)
    if counts is None:
        return
    given, wanted = counts
    for node in getattr(failure.step.operation, "_inbound_nodes", ()) or (None,):
        located = made_at(node)
        call = located[1] if located is not None else failure.evidence.site_call
        source = located[0] if located is not None else failure.use_call[1].source if failure.use_call else None
        if not isinstance(call, ast.Call) or source is None:
            continue
        for keyword in call.keywords:
            display = keyword.value
            if keyword.arg != STATES or not isinstance(display, ast.List | ast.Tuple) or len(display.elts) != given:
                continue
            items = [source.segment(item) for item in display.elts]
            items = items[:wanted] if given > wanted else [*items, *items[-1:] * (wanted - given)]
            yield Candidate(
                title=f"give {failure.step.operation.name!r} {wanted} state{'s' if wanted > 1 else ''}, as it has",
                edits=(edits.replace(source, display, f"[{', '.join(items)}]"),),
                cost=0.9,
                cause=statement_place(source, call),
                exact=False,
                applicability="unsafe",
            )
