"""Changes of layers that take axes away: one too many, or one that should leave the time steps alone."""

from __future__ import annotations

from collections.abc import Iterator

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Change
from kerasguard.adapters.rebuild_plan import Step
from kerasguard.repairs import edits
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.refusal import Failure, Proposal

VECTOR, SEQUENCE, IMAGE = 2, 3, 4


def reduces(step: Step) -> bool:
    """Return whether a layer brings positions together and has nothing to learn."""
    name = type(step.operation).__name__
    return (
        wants.is_layer(step.operation)
        and wants.is_keras(type(step.operation))
        and (name == "Flatten" or name.startswith("Global"))
    )


def left_out(failure: Failure) -> Iterator[Proposal]:
    """Leave a layer out that brings positions together where none are left, or that the next layer needs."""
    shape, rank = failure.shape, failure.wanted_rank
    if failure.merges or failure.nested or shape is None or len(shape) != VECTOR:
        return
    chosen = None
    if reduces(failure.step):
        chosen = failure.step
    elif rank is not None and rank > VECTOR:
        before = failure.plan.producer(failure.step.slots[0])
        given = _given(failure, before)
        if before is not None and reduces(before) and len(failure.plan.consumers(before)) == 1 and given == rank:
            chosen = before
    site = None if chosen is None else failure.site(chosen.operation)
    if chosen is None or site is None:
        return
    use = failure.use(0) if chosen is failure.step else None
    written = writing.without(site, None if use is None or failure.use_call is None else (failure.use_call[0], use))
    if written is not None:
        layer = chosen.operation
        yield Proposal(
            title=f"leave {layer.name!r} out: "
            + ("its input has no positions left" if chosen is failure.step else "the next layer wants the positions"),
            change=Change(instead={id(one): None for one in failure.group(layer)}),
            edits=(written,),
            cost=0.6,
            cause=site.place,
            names=(layer.name,),
            applicability="unsafe",
        )


def _given(failure: Failure, step: Step | None) -> int | None:
    """Return the rank of what a step is given."""
    shape = failure.control.shapes.get(step.slots[0]) if step is not None and step.slots else None
    return None if shape is None else len(shape)


def per_frame(failure: Failure) -> Iterator[Proposal]:
    """Let the layer that brings all axes together do so for every time step by itself."""
    shape, rank = failure.shape, failure.wanted_rank
    if failure.merges or failure.nested or shape is None or len(shape) != VECTOR or rank != SEQUENCE:
        return
    for step in failure.upstream:
        given = failure.control.shapes.get(step.slots[0]) if step.slots else None
        if given is None or not step.shapes or len(step.shapes[0] or ()) != VECTOR:
            return
        if reduces(step) and type(step.operation).__name__ == "Flatten" and len(given) >= IMAGE:
            break
    else:
        return
    layer = step.operation
    site = failure.site(layer)
    name, imports = (None, ()) if site is None else writing.class_name(site.source, site.call, "TimeDistributed")
    if site is not None and name is not None:
        yield Proposal(
            title=f"let {layer.name!r} keep axis 1, the time steps",
            change=Change(wrapped=frozenset(id(one) for one in failure.group(layer))),
            edits=(edits.wrap(site.source, site.call, f"{name}({{}})"), *imports),
            cost=0.6,
            cause=site.place,
            names=(layer.name,),
        )
