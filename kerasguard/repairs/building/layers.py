"""Changes of layers: an argument of one upstream, another layer in its place, a missing layer put in."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Change, New
from kerasguard.repairs import edits
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import Site
from kerasguard.vocabulary import Edit, Shape

VECTOR, SEQUENCE, IMAGE, VOLUME = 2, 3, 4, 5


def sequences(failure: Failure) -> Iterator[Proposal]:
    """Let a recurrent layer upstream return its whole sequence, or only its last output."""
    ranks = {len(shape) for shape in failure.given if shape is not None}
    own = not wants.is_keras(type(failure.step.operation))  # then its code is as likely to be the wrong side
    for step in failure.upstream:
        layer = step.operation
        current = getattr(layer, "return_sequences", None)
        if not isinstance(current, bool) or not step.shapes or step.shapes[0] is None:
            continue
        # One frame of a ConvLSTM is a picture: what counts is the rank that the layer gives, and what refuses it.
        if len(step.shapes[0]) not in ranks or (current and SEQUENCE not in ranks):
            continue
        site = failure.site(layer)
        if site is None:
            continue
        wrapped = site.inner is not None and not hasattr(type(layer), "units") and hasattr(layer, "forward_layer")
        group = failure.group(layer)
        changed = [one for one in group if one is not failure.step.operation]
        goes_on = any(one.again for one in failure.plan.steps)  # then the refusing layer is not the loop's last
        text: str = str(not current)
        more: tuple[Edit, ...] = ()
        if len(changed) < len(group):
            found = all_but_last(site)
            if found is not None:
                text, more = found
        decided = None if wrapped or more else writing.where_decided(site, "return_sequences", text)
        written = (
            decided[0] if decided is not None else writing.with_argument(site, "return_sequences", text, inner=wrapped)
        )
        if written is None:
            continue
        value: dict[str, Any] = {"return_sequences": not current}
        settings = {"inner": value} if wrapped else value
        what = "the whole sequence" if not current else "only the last output"
        yield Proposal(
            title=f"let {layer.name!r} return {what}",
            change=Change(settings={id(one): settings for one in (group if goes_on else changed)}),
            edits=(*written, *more),
            cost=0.5 if not (current and own) else 0.75,
            cause=decided[1] if decided is not None else site.place,
            exact=len(changed) == len(group) and failure.step.operation is not None and not current,
            names=(layer.name,),
        )
        break


def all_but_last(site: Site) -> tuple[str, tuple[Edit, ...]] | None:
    """Return a condition that holds in every turn of the loop but the last."""
    loop = site.loop()
    if loop is None:
        return None
    source, items = site.source, loop.iter
    if isinstance(items, ast.Call) and isinstance(items.func, ast.Name) and items.args:
        if items.func.id == "enumerate" and len(items.args) == 1 and isinstance(loop.target, ast.Tuple):
            index = loop.target.elts[0]
            return f"{source.segment(index)} < len({source.segment(items.args[0])}) - 1", ()
        if items.func.id == "range" and len(items.args) == 1 and isinstance(loop.target, ast.Name):
            count = items.args[0]
            text = source.segment(count)
            if not isinstance(count, ast.Name | ast.Constant | ast.Call | ast.Attribute):
                text = f"({text})"
            return f"{loop.target.id} < {text} - 1", ()
    if isinstance(items, ast.Name | ast.Attribute | ast.List | ast.Tuple):
        counter = edits.fresh_name(source, "i")
        text = source.segment(items)
        target = source.segment(loop.target)
        target = f"({target})" if isinstance(loop.target, ast.Tuple) and not target.startswith("(") else target
        header = (
            edits.replace(source, loop.target, f"{counter}, {target}"),
            edits.replace(source, items, f"enumerate({text})"),
        )
        return f"{counter} < len({text}) - 1", header
    return None


def pooling_for_flatten(failure: Failure) -> Iterator[Proposal]:
    """Pool globally where Flatten cannot know its size."""
    for step in failure.upstream:
        layer = step.operation
        if type(layer).__name__ != "Flatten" or not step.slots:
            continue
        shape = failure.control.shapes.get(step.slots[0])
        site = failure.site(layer)
        if shape is None or site is None or None not in shape[1:] or not SEQUENCE <= len(shape) <= VOLUME:
            continue
        new = New(f"GlobalAveragePooling{len(shape) - 2}D")
        written = writing.instead(site, new)
        if written is not None:
            yield Proposal(
                title="pool over all positions where Flatten would have to know how many there are",
                change=Change(instead={id(one): new for one in failure.group(layer)}),
                edits=written,
                cost=0.6,
                cause=site.place,
                exact=True,
                names=(layer.name,),
            )


def inserted(failure: Failure) -> Iterator[Proposal]:
    """Put a layer in that brings the input to the rank that the layer wants."""
    shape, rank = failure.shape, failure.wanted_rank
    if shape is None or failure.merges or failure.nested or not wants.is_layer(failure.step.operation):
        return
    site = failure.site(failure.step.operation)
    if site is None or (rank is not None and rank == len(shape)):
        return
    use = failure.use(0)
    if use is not None and failure.use_call is not None:
        user = failure.use_call[1].source
        if user is not site.source:
            return
    slot = failure.step.slots[0]
    for cost, title, new in _bridges(shape, rank, failure):
        written = writing.before(site, use, new)
        if written is not None:
            yield Proposal(
                title=f"{title} before {failure.step.operation.name!r}",
                change=Change(before={(failure.index, slot): new}),
                edits=written,
                cost=cost,
                cause=None if failure.use_call is not None else site.place,
            )


def per_time_step(failure: Failure) -> Iterator[Proposal]:
    """Let a layer work on every time step by itself."""
    layer, shape, rank = failure.step.operation, failure.shape, failure.wanted_rank
    site = failure.site(layer) if wants.is_layer(layer) else None
    if site is None or shape is None or rank is None or len(shape) != rank + 1 or failure.nested:
        return
    name, imports = writing.class_name(site.source, site.call, "TimeDistributed")
    if name is not None:
        yield Proposal(
            title=f"let {layer.name!r} work on every time step by itself",
            change=Change(wrapped=frozenset({id(layer)})),
            edits=(edits.wrap(site.source, site.call, f"{name}({{}})"), *imports),
            cost=0.85 if rank > SEQUENCE else 1.2,
            cause=site.place,
            names=(layer.name,),
        )


def _bridges(shape: Shape, rank: int | None, failure: Failure) -> Iterator[tuple[float, str, tuple[New, ...]]]:
    """Yield the layers that lead from a shape to a rank, the likeliest first."""
    sizes = [size for size in shape[1:] if size is not None]
    known = len(sizes) == len(shape) - 1
    if len(shape) > VECTOR and rank in (VECTOR, None):
        yield 0.9, "put Flatten", (New("Flatten"),)
        if len(shape) <= VOLUME:
            yield 1.1, "pool globally", (New(f"GlobalAveragePooling{len(shape) - 2}D"),)
    if rank == SEQUENCE and len(shape) == VECTOR and known:
        steps = _time_steps(failure)
        if steps is not None:
            yield 0.9, "repeat the vector for every time step", (New("RepeatVector", {"n": steps}),)
        yield 1.0, "give each entry its own time step", (New("Reshape", {"target_shape": (sizes[0], 1)}),)
    if rank == SEQUENCE and len(shape) == IMAGE and shape[2] is not None and shape[3] is not None:
        target = (shape[1] if shape[1] is not None else -1, shape[2] * shape[3])
        yield 0.9, "read the picture's rows as time steps", (New("Reshape", {"target_shape": target}),)
    if rank == IMAGE and len(shape) == SEQUENCE and known:
        yield 0.9, "give the picture its channel axis", (New("Reshape", {"target_shape": (*sizes, 1)}),)
    if rank == IMAGE and len(shape) == VECTOR and known:
        side = math.isqrt(sizes[0])
        if side * side == sizes[0]:
            yield 0.9, "bring the vector to a picture", (New("Reshape", {"target_shape": (side, side, 1)}),)
    if rank is not None and rank == len(shape) + 1 and rank not in (SEQUENCE, IMAGE) and known:
        yield 1.2, "give the input a last axis of size 1", (New("Reshape", {"target_shape": (*sizes, 1)}),)


def _time_steps(failure: Failure) -> int | None:
    """Return the number of time steps that the model's own Input has."""
    for step in failure.inputs():
        shape = step.shapes[0] if step.shapes else None
        if shape is not None and len(shape) == SEQUENCE:
            return shape[1]
    return None


def padding(failure: Failure) -> Iterator[Proposal]:
    """Pad convolutions and poolings so that they keep the size."""
    if not failure.merges and (failure.shape is None or len(failure.shape) < SEQUENCE):
        return
    steps = [failure.step, *failure.upstream]
    sites: dict[int, Site] = {}
    for step in steps:
        site = failure.site(step.operation) if getattr(step.operation, "padding", None) == "valid" else None
        if site is not None and id(site.call) not in {id(one.call) for one in sites.values()}:
            sites[id(step.operation)] = site
    ordered = sorted(sites.values(), key=lambda one: not hasattr(one.layer, "kernel_size"))
    choices = [[site] for site in ordered]
    if len(ordered) > 1:
        choices += [[one for one in ordered if hasattr(one.layer, "kernel_size")], ordered]
    for count, chosen in enumerate(choices):
        if not chosen:
            continue
        layers = [layer for site in chosen for layer in failure.group(site.layer)]
        written: list[Edit] = []
        for site in chosen:
            written += writing.with_argument(site, "padding", '"same"') or ()
        if len(written) != len(chosen):
            continue
        yield Proposal(
            title='pad with padding="same", so that the size stays',
            change=Change(settings={id(layer): {"padding": "same"} for layer in layers}),
            edits=tuple(written),
            cost=0.8 + 0.05 * count + 0.1 * (len(chosen) - 1),
            cause=chosen[0].place,
            names=tuple(layer.name for layer in layers[:2]),
        )


def own_layer(failure: Failure) -> Iterator[Proposal]:
    """Give the call a layer of its own: the shared one was built for another size."""
    layer, used = failure.step.operation, failure.use_call
    if used is None or failure.merges or not wants.is_layer(layer) or not getattr(layer, "built", False):
        return
    site = failure.site(layer)
    call, scope = used
    if site is None or scope.source is not site.source or site.scope.owner is not scope.owner:
        return
    if any(keyword.arg == "name" for keyword in site.call.keywords):
        return
    yield Proposal(
        title=f"use a layer of its own in the place of {layer.name!r}, which is built for another size",
        change=Change(own=frozenset({failure.index})),
        edits=(edits.replace(site.source, call.func, site.source.segment(site.call)),),
        cost=0.9,
        exact=True,
        names=(layer.name,),
    )
