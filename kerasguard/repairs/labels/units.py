"""The number of units of an output against the classes in the labels: which of them to change, and with what else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import losses
from kerasguard.adapters.other_inputs import is_untrained
from kerasguard.adapters.tensors import blank
from kerasguard.evidence import Evidence
from kerasguard.provenance.links import Link
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.walk import chain, number_home
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.constructors import Made, Written
from kerasguard.repairs.labels import demands, encodings, ranges, written_loss
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit, Place

SIZE_POSITION = 0
MOST_CLASSES = 100_000
WIDTHS = {"one_hot": (1, "depth"), "to_categorical": (1, "num_classes"), "eye": (0, "N"), "identity": (0, "n")}


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
        exact=is_untrained(evidence.event.owner),  # with other units the labels that it was trained on would not fit
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


def encoded_alike(evidence: Evidence, pair: Pair) -> Iterator[Candidate]:
    """Propose the layer's own number for the encoding of the labels, where only the encoding has it as a bare number."""
    head, shape = pair.head, pair.given.shape
    made = constructors.made(evidence, head.maker) if head.maker is not None else None
    size = made.argument(head.size_argument, SIZE_POSITION) if made is not None else None
    home = number_home(size, made.scope) if made is not None and size is not None else None
    if made is None or size is None or home is None or not shape or head.units is None:
        return
    if isinstance(home.node, ast.Constant) and not isinstance(home.statement, ast.Assign):
        return  # a bare number here as well
    if head.units < (shape[-1] or 0) and _used(pair, head.units):
        return
    for link in _way(pair):
        number = _width(link.node)
        if number is None or number.value != shape[-1]:
            continue
        known = next((one for one in ((made.scope, size), (home.scope, home.node)) if _is_global(*one)), None)
        text = str(head.units) if known is None or made.source is not link.source else made.source.segment(known[1])
        yield Candidate(
            title=f"encode the labels with {head.units} columns, as layer '{head.maker.name}' has units",
            edits=(edits.replace(link.source, number, text),),
            cost=0.5,
            check=demands.tried(evidence, demands.replaced(evidence, pair.given, _blank(pair, head.units)))
            if pair.given.element is None
            else None,
            cause=link.place,
            exact=False,
        )
        return


def yes_or_no(evidence: Evidence, pair: Pair) -> Iterator[Candidate]:
    """Propose to leave the encoding out where two columns meet one unit that says yes or no."""
    given, head, shape = pair.given, pair.head, pair.given.shape
    link = encodings.encoding(pair) if same_places(pair) else None
    if (
        link is None
        or not shape
        or shape[-1] != 2
        or head.units != 1
        or not (head.binary or head.activation == "sigmoid")
    ):
        return
    written = encodings.without(link)
    if written:
        call = None
        if given.element is None and None not in shape:
            call = demands.replaced(evidence, given, blank(shape[:-1], "float32"), link)
        yield Candidate(
            title="keep the labels as one number, 0 or 1: leave the one-hot encoding out",
            edits=written,
            cost=0.6,
            call=call,
            cause=link.place,
            exact=call is not None,
        )


def counted_alike(evidence: Evidence, pair: Pair) -> Iterator[Candidate]:
    """Propose the layer's number of units for an encoding that counts the classes among its labels, and saw fewer."""
    given, shape, count = pair.given, pair.given.shape, pair.head.units
    link = encodings.encoding(pair) if same_places(pair) else None
    if link is None or count is None or not shape or not 1 < (shape[-1] or 0) < count or _width(link.node) is not None:
        return
    written = encodings.with_classes(link, count)
    if written:
        replaced = demands.replaced(evidence, given, _blank(pair, count), link) if given.element is None else None
        yield Candidate(
            title=f"encode the labels with {count} columns: some classes may be missing among them",
            edits=written,
            cost=0.5,
            call=replaced,
            cause=link.place,
            exact=replaced is not None,
        )


def _used(pair: Pair, units: int) -> bool:
    """Return whether some one-hot row stands for a class that has no unit, or may do so."""
    if pair.given.element is not None:
        return True
    array = demands.as_array(pair.given.value)
    values = array.numpy() if hasattr(array, "numpy") else array
    return bool(values[..., units:].any())


def _is_global(scope: Scope, node: ast.expr) -> bool:
    """Return whether an expression means the same everywhere in its file."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    apart = scope.arguments.keys() | set(() if scope.outer is None and scope is scope.module() else scope.names)
    return bool(names) and not names & apart and names <= {*scope.globals, "len"}


def _blank(pair: Pair, units: int) -> Any:
    shape = pair.given.shape or ()
    return blank((*(size or 1 for size in shape[:-1]), units), pair.given.spec.dtype or "float32")


def _width(node: ast.expr) -> ast.Constant | None:
    """Return the number of columns that is written out where labels are encoded."""
    if isinstance(node, ast.Subscript):
        node = node.value
    name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
    if not isinstance(node, ast.Call) or name not in WIDTHS:
        return None
    position, keyword = WIDTHS[name]
    given = next((one.value for one in node.keywords if one.arg == keyword), None)
    if given is None and position < len(node.args):
        given = node.args[position]
    return given if isinstance(given, ast.Constant) and isinstance(given.value, int) else None


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
        check=demands.tried(evidence, loss=written_loss.with_loss(evidence, pair, changed), layers=layers),
        cause=place if isinstance(place, Place) else None,
    )


def _sparse_loss(evidence: Evidence, pair: Pair) -> tuple[tuple[Edit, ...], Any]:
    for old in ("binary", "categorical"):
        written, place = written_loss.loss_edits(evidence, pair, old, "sparse_categorical")
        if written:
            return written, place
    return (), None
