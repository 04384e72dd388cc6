"""The number of units of an output against the classes in the labels: which of them to change, and with what else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kerasguard import edits
from kerasguard.adapters import losses
from kerasguard.evidence import Evidence
from kerasguard.provenance.links import Link
from kerasguard.provenance.walk import chain
from kerasguard.repairs import constructors
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.constructors import Made, Written
from kerasguard.repairs.labels import demands, ranges
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit, Place

SIZE_POSITION = 0
MOST_CLASSES = 100_000


def wanted_units(pair: Pair) -> int | None:
    """Return how many units the labels ask for; None where the output suits them or nothing can be told."""
    given, head = pair.given, pair.head
    shape, output, units = given.shape, head.shape, head.units
    if shape is None or output is None or units is None or head.loss is None:
        return None
    if demands.fits(pair) and not head.sparse:
        return None
    if head.sparse:
        return _classes(pair)
    if len(shape) == len(output):
        return shape[-1] if shape[-1] is not None and shape[-1] != units and same_places(pair) else None
    if len(shape) == len(output) - 1 and units != 1 and not head.categorical:
        return 1
    return None


def _classes(pair: Pair) -> int | None:
    """Return the number of classes that class numbers from zero ask for, where it is larger than the output."""
    bounds = demands.label_range(pair.given)
    units = pair.head.units
    if bounds is None or units is None or bounds[0] != 0 or not units <= bounds[1] <= MOST_CLASSES:
        return None
    if ranges.marker(pair) is not None:
        return None
    return int(bounds[1]) + 1


def same_places(pair: Pair) -> bool:
    """Return whether labels and output agree on all axes but the last."""
    shape, output = pair.given.shape, pair.head.shape
    if shape is None or output is None or len(shape) != len(output):
        return False
    return all(a is None or b is None or a == b for a, b in zip(shape[1:-1], output[1:-1], strict=True))


def multi_class(pair: Pair) -> bool:
    """Return whether whole-number labels number the units of the output, more than two of them."""
    bounds, units = demands.label_range(pair.given), pair.head.units
    if bounds is None or units is None or not demands.integral(pair.given):
        return False
    return bounds[0] >= 0 and 1 < bounds[1] < units and bounds[1] > units / 2


def resized(evidence: Evidence, pair: Pair, units: int, *, cost: float) -> Iterator[Candidate]:
    """Propose another number of units, at the number's home; the activation changes with it where it has to."""
    head = pair.head
    made = constructors.made(evidence, head.maker) if head.maker is not None else None
    if made is None:
        return
    written = constructors.number(made, head.size_argument, SIZE_POSITION, units, _way(pair))
    if written is None:
        return
    settings: dict[str, Any] = {head.size_argument: units}
    more, new = _activation(made, pair, units)
    if new is not None:
        settings["activation"] = new
    if any(edit.start <= written.edit.start <= edit.end for edit in more):
        more = ()
    yield Candidate(
        title=f"give layer '{head.maker.name}' {units} {head.size_argument}"
        + (f" and {new} activation" if new else ""),
        edits=(written.edit, *more),
        cost=cost,
        check=demands.tried(evidence, layers={head.maker: settings}),
        cause=written.place,
    )


def _activation(made: Made, pair: Pair, units: int) -> tuple[tuple[Edit, ...], str | None]:
    """Return the edit of the activation that goes with the number of units, and its name; nothing where it stays."""
    head = pair.head
    wish = None
    if units == 1 and head.activation == "softmax" and head.binary:
        wish = "sigmoid"
    elif units > 1 and head.activation == "sigmoid" and (head.sparse or head.categorical):
        wish = "softmax"
    node = made.argument("activation", 1)
    if wish is None or node is None:
        return (), None
    return (edits.replace(made.source, node, f'"{wish}"'),), wish


def names(evidence: Evidence, pair: Pair, units: int) -> tuple[str, ...]:
    """Return the variables that hold the number of units."""
    written = home(evidence, pair, units)
    return written.names if written is not None else ()


def home(evidence: Evidence, pair: Pair, units: int) -> Written | None:
    """Return where the number of units is written."""
    made = constructors.made(evidence, pair.head.maker) if pair.head.maker is not None else None
    if made is None:
        return None
    return constructors.number(made, pair.head.size_argument, SIZE_POSITION, units, _way(pair))


def _way(pair: Pair) -> list[Link]:
    """Return the way of the labels, which a number that they depend on as well would change."""
    given = pair.given
    return (
        [] if given.node is None or given.scope is None else chain(given.node, given.scope, demands.element_path(given))
    )


def as_classes(evidence: Evidence, pair: Pair) -> Iterator[Candidate]:
    """Propose the loss for class numbers, with softmax, for an output of one unit for each class."""
    head = pair.head
    written, place = _sparse_loss(evidence, pair)
    if not written:
        return
    made = constructors.made(evidence, head.maker) if head.maker is not None else None
    node = made.argument("activation", 1) if made is not None else None
    layers: dict[Any, dict[str, Any]] = {}
    if made is not None and node is not None and head.activation == "sigmoid":
        written = (*written, edits.replace(made.source, node, '"softmax"'))
        layers = {head.maker: {"activation": "softmax"}}
    changed = losses.other_loss(evidence.event.owner, head, "SparseCategoricalCrossentropy")
    yield Candidate(
        title="use sparse_categorical_crossentropy for labels that number the classes",
        edits=written,
        cost=1.0,
        check=demands.tried(evidence, loss=demands.with_loss(evidence, pair, changed), layers=layers),
        cause=place if isinstance(place, Place) else None,
    )


def _sparse_loss(evidence: Evidence, pair: Pair) -> tuple[tuple[Edit, ...], Any]:
    for old in ("binary", "categorical"):
        written, place = demands.loss_edits(evidence, pair, old, "sparse_categorical")
        if written:
            return written, place
    return (), None
