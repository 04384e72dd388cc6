"""Changes for a layer whose inputs do not agree: project, resize, flatten or repeat one of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Change, New
from kerasguard.provenance.scope import Scope
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import Site, value_of
from kerasguard.vocabulary import Edit, Shape

IMAGE, SEQUENCE, VECTOR, VOLUME = 4, 3, 2, 5
PAIR = 2
CLOSE = 3  # a difference that a border of zeros may fill
SIZES = ("filters", "units")


def pairs(failure: Failure) -> Iterator[tuple[int, Shape, Shape]]:
    """Yield (position, its shape, the other's shape) for a merge of two; the one with the shorter history first."""
    if not failure.merges or len(failure.given) != 2 or None in failure.given:
        return
    one, other = failure.given
    if one is None or other is None:
        return
    histories = []
    for slot in failure.step.slots:
        made = failure.plan.producer(slot)
        histories.append(0 if made is None else 1 + len(list(failure.plan.upstream(made))))
    sides = [(0, one, other), (1, other, one)]
    yield from sorted(sides, key=lambda side: histories[side[0]])


def _is_shortcut(failure: Failure, position: int) -> bool:
    """Return whether one of two merged tensors is a part of the way to the other, or data that is only handed on."""
    made = [failure.plan.producer(slot) for slot in failure.step.slots]
    here, there = made[position], made[1 - position]
    if here is None or there is None:
        return True
    return here.is_input or any(step is here for step in failure.plan.upstream(there))


def _inserted(
    failure: Failure, position: int, new: New, written_as: dict[str, str] | None = None
) -> tuple[Edit, ...] | None:
    """Write a layer around one of the merged tensors."""
    use, site = failure.use(position), failure.any_site()
    if use is None or site is None:
        return None
    written = writing.before(site, use, (new,))
    if written is None or not written_as:
        return written
    text = written[0].content
    for value, name in written_as.items():
        text = text.replace(value, name, 1)
    return (Edit(written[0].filename, written[0].start, written[0].end, text), *written[1:])


def at_merge(failure: Failure, position: int, new: New) -> Change:
    """Return the change that puts a layer on one of the merged ways."""
    return Change(before={(failure.index, failure.step.slots[position]): (new,)})


def projection(failure: Failure, shape: Shape, other: Shape) -> tuple[New, int] | None:
    """Return the layer that brings one side to the channels and the size of the other, and its stride."""
    if len(shape) != len(other) or shape == other or other[-1] is None or None in shape[1:] + other[1:]:
        return None
    if hasattr(failure.step.operation, "axis") and shape[1:-1] == other[1:-1]:
        return None
    strides = {(a or 1) // (b or 1) for a, b in zip(shape[1:-1], other[1:-1], strict=True)}
    stride = max(strides, default=1)
    same = all((a or 1) == (b or 1) * stride for a, b in zip(shape[1:-1], other[1:-1], strict=True))
    if len(strides) > 1 or not same:
        return None
    if IMAGE <= len(shape) <= VOLUME or (len(shape) == SEQUENCE and stride > 1):
        more = {"strides": stride} if stride > 1 else {}
        return New(f"Conv{len(shape) - 2}D", {"filters": other[-1], "kernel_size": 1, **more}), stride
    return New("Dense", {"units": other[-1]}), stride


def projected(failure: Failure) -> Iterator[Proposal]:
    """Project one side to the channels (and the size) of the other."""
    for count, (position, shape, other) in enumerate(pairs(failure)):
        found = projection(failure, shape, other)
        if found is None or other[-1] is None:
            continue
        new, stride = found
        written = _inserted(failure, position, new, _spoken(failure, other[-1], stride))
        if written is not None:
            yield Proposal(
                title="project the shorter way to the size of the other",
                change=at_merge(failure, position, new),
                edits=written,
                cost=0.6 + 0.3 * count + (0.0 if _is_shortcut(failure, position) else 0.3),
                exact=False,
            )


def _spoken(failure: Failure, size: int, stride: int) -> dict[str, str]:
    """Return the numbers of a projection as texts, and the names that the user's code has for them."""
    name, step = _named_size(failure, SIZES, size), _named_size(failure, ("strides",), stride)
    found = {f"({size}": f"({name}"} if name else {}
    if step and stride > 1:
        found[f"strides={stride}"] = f"strides={step}"
    return found


def _named_size(failure: Failure, arguments: tuple[str, ...], size: int) -> str | None:
    """Return the name by which the user's code at the failing call knows a size, as another layer there uses it."""
    evidence = failure.evidence
    if evidence.site is None:
        return None
    scope: Scope = evidence.scopes[evidence.site]
    for step in failure.upstream:
        site = failure.site(step.operation)
        if site is None or site.source is not scope.source or site.scope.owner is not scope.owner:
            continue
        for argument in arguments:
            node = site.argument(argument)
            if isinstance(node, ast.Name) and value_of(node, scope) == size:
                return node.id
    return None


def other_axis(failure: Failure) -> Iterator[Proposal]:
    """Concatenate along the axis on which the sides differ."""
    layer, shapes = failure.step.operation, failure.given
    site = failure.site(layer)
    first = shapes[0] if shapes else None
    if not failure.merges or type(layer).__name__ != "Concatenate" or site is None or first is None:
        return
    if any(shape is None or len(shape) != len(first) for shape in shapes):
        return
    different = [axis for axis in range(1, len(first)) if len({shape[axis] for shape in shapes if shape}) > 1]
    if len(different) != 1:
        return
    axis = different[0]
    if climbs(failure, axis):
        return
    written = writing.with_argument(site, "axis", str(axis))
    if written is not None:
        yield Proposal(
            title=f"concatenate along axis {axis}, on which the inputs differ",
            change=Change(settings={id(one): {"axis": axis} for one in failure.group(layer)}),
            edits=written,
            cost=0.9 if _windowed(failure) else 0.75,
            cause=site.place,
            names=(layer.name,),
        )


def climbs(failure: Failure, axis: int) -> bool:
    """Return whether a tensor was made smaller along an axis and larger again: what differs there was rounded off.

    The axis to work along is then the one that was meant.
    """
    for step in failure.upstream:
        made = failure.plan.producer(step.slots[0]) if step.slots else None
        before, after = (one.shapes[0] if one is not None and one.shapes else None for one in (made, step))
        if before and after and len(before) == len(after) > axis and (after[axis] or 0) > (before[axis] or 0) > 0:
            return True
    return False


def _windowed(failure: Failure) -> bool:
    """Return whether every branch has lost its own few positions to a window that is not padded."""
    made = [failure.plan.producer(slot) for slot in failure.step.slots]
    ways = [() if one is None else (one, *failure.plan.upstream(one)) for one in made]
    shared = set.intersection(*({id(step) for step in way} for way in ways)) if ways else set()
    return bool(shared) and all(
        any(getattr(step.operation, "padding", None) == "valid" for step in way if id(step) not in shared)
        for way in ways
    )


def resized(failure: Failure) -> Iterator[Proposal]:
    """Bring one side to the height and width of the other."""
    for position, shape, other in pairs(failure):
        if len(shape) != len(other) or len(shape) not in (SEQUENCE, IMAGE) or None in shape[1:] + other[1:]:
            continue
        gaps = [(b or 0) - (a or 0) for a, b in zip(shape[1:-1], other[1:-1], strict=True)]
        if not any(gaps) or min(gaps) < 0:
            continue
        if max(gaps) <= CLOSE:
            ends = tuple((0, gap) for gap in gaps)
            value = ends if len(gaps) > 1 else ends[0]
            new = New(f"ZeroPadding{len(gaps)}D", {"padding": value})
            title, cost = "fill the smaller side up with a border of zeros", 0.9
        elif len(gaps) > 1:
            new = New("Resizing", {"height": other[1], "width": other[2]})
            title, cost = "resize the smaller side", 1.0
        else:
            continue
        written = _inserted(failure, position, new)
        if written is not None:
            yield Proposal(title=title, change=at_merge(failure, position, new), edits=written, cost=cost)


def ranks(failure: Failure) -> Iterator[Proposal]:
    """Bring one side to the rank of the other."""
    for position, shape, other in pairs(failure):
        for cost, title, new in _to_rank(shape, other):
            written = _inserted(failure, position, new)
            if written is not None:
                yield Proposal(title=title, change=at_merge(failure, position, new), edits=written, cost=cost)


def flattened(failure: Failure) -> Iterator[Proposal]:
    """Flatten those of many merged tensors that have more axes than the others, where they are made."""
    shapes = [shape for shape in failure.given if shape is not None]
    if not failure.merges or len(shapes) != len(failure.given) or len(shapes) <= PAIR:
        return
    if min(map(len, shapes)) != VECTOR or max(map(len, shapes)) == VECTOR:
        return
    behind: dict[int, tuple[New, ...]] = {}
    sites: dict[int, Site] = {}
    for slot, shape in zip(failure.step.slots, shapes, strict=True):
        made = failure.plan.producer(slot)
        site = None if made is None or not wants.is_layer(made.operation) else failure.site(made.operation)
        if len(shape) == VECTOR:
            continue
        if made is None or site is None or site.kind.startswith("Input"):
            return
        behind[failure.plan.steps.index(made)] = (New("Flatten"),)
        sites[id(site.call)] = site
    written = [writing.after(site, New("Flatten")) for site in sites.values()]
    merged = tuple(dict.fromkeys(edit for one in written for edit in one or ()))
    if all(one is not None for one in written) and sites:
        first = next(iter(sites.values()))
        yield Proposal(
            title="flatten the tensors that have more axes than the others",
            change=Change(behind=behind),
            edits=merged,
            cost=0.8,
            cause=first.place if first.loop() is None else first.source.place(first.call),
        )


def _to_rank(shape: Shape, other: Shape) -> Iterator[tuple[float, str, New]]:
    if len(shape) > len(other) == VECTOR:
        yield 0.8, "flatten the side with more axes", New("Flatten")
        if len(shape) <= VOLUME:
            yield 0.85, "pool the side with more axes globally", New(f"GlobalAveragePooling{len(shape) - 2}D")
    elif len(shape) == VECTOR and len(other) == SEQUENCE and other[1] is not None:
        yield 0.8, "repeat the vector for every time step", New("RepeatVector", {"n": other[1]})
    elif len(shape) == IMAGE and len(other) == SEQUENCE and None not in shape[1:]:
        target = ((shape[1] or 1) * (shape[2] or 1), shape[3])
        yield 1.0, "read the picture's pixels as a sequence", New("Reshape", {"target_shape": target})
    elif len(shape) == len(other) - 1 and None not in shape[1:]:
        yield (
            1.1,
            "give the side with fewer axes a last axis of size 1",
            New("Reshape", {"target_shape": (*shape[1:], 1)}),
        )
