"""Search: which transformation of what was passed makes it fit what the model wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kerasguard.adapters import specs, wants
from kerasguard.adapters.trial import Call
from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.suspect import Suspect, of_last_size, of_rank, of_sample
from kerasguard.repairs import writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import mapping, own_steps, undoing
from kerasguard.repairs.data.changing import changed
from kerasguard.repairs.transformations import Transformation, proposals
from kerasguard.vocabulary import Shape

Pair = tuple[Given, Wanted]


def pairs(evidence: Evidence) -> list[Pair]:
    """Match what was given with what was wanted, by name in dicts and by position elsewhere; empty if counts differ."""
    return pairs_of(evidence, evidence.given)


def pairs_of(evidence: Evidence, given: Sequence[Given]) -> list[Pair]:
    """Match some tensors with what was wanted."""
    wanted = evidence.wanted
    if given and not wanted:
        return _at_failing_layer(evidence, given)
    if not given or len(given) != len(wanted):
        return []
    keys = [key_of(one) for one in given]
    names = {one.name: one for one in wanted}
    if all(key is not None for key in keys):
        if set(keys) != set(names):
            return []
        return [(one, names[str(key)]) for one, key in zip(given, keys, strict=True)]
    return list(zip(given, wanted, strict=True))


def _at_failing_layer(evidence: Evidence, given: Sequence[Given]) -> list[Pair]:
    """Match with what the failing layer wants where the model itself fixes nothing and passes its input on as it is."""
    failing = evidence.failing
    if failing is None or own_steps.first_sample(evidence) is not None:
        return []  # what a step of the user's own took out of the data is not what was passed
    wanted = wants.layer_wants(failing.layer, evidence.event.built_before)
    passed = [specs.shape_of(leaf) for _, leaf in specs.leaves(failing.inputs)]
    if len(wanted) != len(passed):
        return []
    found: list[Pair] = []
    for want, shape in zip(wanted, passed, strict=True):
        same = [one for one in given if _same_sample(one.shape, shape)]
        if len(same) != 1:
            return _by_rank(given, want, shape)
        found.append((same[0], want))
    return found


def _by_rank(given: Sequence[Given], want: wants.Wanted, shape: Shape | None) -> list[Pair]:
    """Match by rank where the layers before the failing one kept the number of axes relative to their input.

    What is one axis too many for the failing layer is one too many at the model's only input.
    """
    rank = want.min_rank
    if len(given) != 1 or rank is None or want.max_rank != rank or shape is None or given[0].shape is None:
        return []
    wanted = len(given[0].shape) + rank - len(shape)
    if wanted < 1 or wanted == len(given[0].shape):
        return []
    return [(given[0], wants.Wanted(want.name, min_rank=wanted, max_rank=wanted, why=want.why, source=want.source))]


def _same_sample(one: Shape | None, other: Shape | None) -> bool:
    return one is not None and other is not None and len(one) == len(other) and one[1:] == other[1:]


def key_of(given: Given) -> str | None:
    """Return the dict key under which a tensor was passed."""
    path = given.element if given.element is not None else given.path
    return path[-1] if path and isinstance(path[-1], str) else None


def misfits(evidence: Evidence) -> list[Pair]:
    """Return the tensors that are not what their input wants, by shape."""
    return misfits_of(evidence, evidence.given)


def misfits_of(evidence: Evidence, given: Sequence[Given]) -> list[Pair]:
    """Return those of some tensors that are not what their input wants; what another layer gives is no data."""
    return [
        (one, want)
        for one, want in pairs_of(evidence, given)
        if one.shape is not None and one.spec.kind != "keras" and not want.fits(one.shape)
    ]


def is_a_batch(evidence: Evidence, given: Given) -> bool:
    """Return whether a tensor has as many rows as the labels that came with it, or a free first size."""
    if given.shape and given.shape[0] is None:
        return True
    rows = {one.shape[0] for one in evidence.everything if one.slot == "y" and one.shape}
    return bool(given.shape) and len(rows) == 1 and (given.shape or (None,))[0] in rows - {None}


VALIDATION = {"x": 0, "y": 1, "sample_weight": 2}  # where validation_data holds each
Select = Callable[[Transformation], bool]


def changes(wrong: list[Pair], select: Select) -> Iterator[list[tuple[Given, Transformation]]]:
    """Yield, for each selected transformation of the first misfit, the like for all of them."""
    if not wrong or wrong[0][0].shape is None:
        return
    for change in proposals(wrong[0][0].shape, wrong[0][1]):
        if select(change):
            together = _together(wrong, change)
            if together is not None:
                yield together


def candidates(evidence: Evidence, wrong: list[Pair], select: Select) -> Iterator[Candidate]:
    """Propose the selected transformations that make every misfit fit."""
    call = evidence.call
    if call is None:
        return
    for index, together in enumerate(changes(wrong, select)):
        if index == 0 and len(wrong) == 1:
            yield from undoing.candidates(evidence, *wrong[0], together[0][1])
        if any(one.element is None and one.spec.kind not in specs.ARRAYS for one, _ in together):
            continue  # a list of numbers has no axes to index
        if any(one.element is not None for one, _ in together):
            yield from mapping.candidates(evidence, call, together)
        else:
            yield _candidate(evidence, call, together)


def _together(wrong: list[Pair], change: Transformation) -> list[tuple[Given, Transformation]] | None:
    """Return the same kind of change for every misfit, or None where one of them has none."""
    result = [(wrong[0][0], change)]
    for one, want in wrong[1:]:
        if one.shape is None:
            return None
        like = next((p for p in proposals(one.shape, want) if p.kind == change.kind), None)
        if like is None:
            return None
        result.append((one, like))
    return result


def _in_validation(call: Call, one: Given) -> Any:
    """Return the validation tensor in the place of a training tensor, when it has samples of the same shape."""
    value = call.validation_data
    try:
        for step in (VALIDATION[one.slot], *one.path):
            if not specs.is_container(value):
                return None
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return None
    shape = specs.shape_of(value)
    return value if shape is not None and one.shape is not None and shape[1:] == one.shape[1:] else None


def _candidate(evidence: Evidence, call: Call, changes: list[tuple[Given, Transformation]]) -> Candidate:
    values = {(one.slot, one.path): change.value(one.value) for one, change in changes}
    values |= {
        ("validation_data", (VALIDATION[one.slot], *one.path)): change.value(value)
        for one, change in changes
        if (value := _in_validation(call, one)) is not None
    }
    changes = [*changes, *_labels_alike(evidence, changes)]
    values |= {(one.slot, one.path): change.value(one.value) for one, change in changes}
    written = tuple(edit for one, change in changes for edit in writing.at_use(evidence, one, change))
    lossy = any(change.lossy for _, change in changes)
    return Candidate(
        title=", and ".join(change.title.format(f"`{one.name}`") for one, change in changes),
        edits=written,
        cost=max(change.cost for _, change in changes),
        call=changed(call, values),
        exact=bool(written),
        applicability="unsafe" if lossy else "safe",
        suspect=suspect_of(*changes[0]),
    )


def _labels_alike(
    evidence: Evidence, changes: list[tuple[Given, Transformation]]
) -> Iterator[tuple[Given, Transformation]]:
    """Yield the batch axis for the labels of a single sample: they lack what the sample lacks."""
    if not all(change.kind == "add_axis" and change.axis == 0 for _, change in changes):
        return
    outputs = [specs.shape_of(leaf) for _, leaf in specs.leaves(specs.read(evidence.event.owner, "outputs"))]
    labels = [one for one in evidence.everything if one.slot == "y"]
    if len(labels) == len(outputs):
        for one, output in zip(labels, outputs, strict=True):
            if output is not None and one.shape == output[1:]:
                yield one, changes[0][1]


def suspect_of(one: Given, change: Transformation) -> Suspect | None:
    """Return what to trace when this change mends the data: the property that it changes."""
    if one.node is None or one.scope is None or not one.shape:
        return None
    after = change.shape(one.shape) or ()
    right = None
    if len(after) != len(one.shape):
        has, right = of_rank(len(one.shape)), of_rank(len(after))
    elif change.kind == "channels":
        has = of_last_size(one.shape[-1])
    else:
        has = of_sample(tuple(one.shape[1:]))
    return Suspect(one.node, one.scope, has, one.name, right)
