"""Class numbers outside the classes of the output: counted from one, or with one that stands for "ignore"."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import losses
from kerasguard.adapters.tensors import blank
from kerasguard.adapters.trial_loss import value_range
from kerasguard.evidence import Evidence
from kerasguard.provenance import walk
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import ghost_of, is_array
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, encodings, written_loss
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit, Place

MOST_READ = 2_000_000


def outside(pair: Pair) -> tuple[int, int] | None:
    """Return the range of class numbers that does not fit the classes of the output."""
    bounds, units = demands.label_range(pair.given), pair.head.units
    if bounds is None or units is None or units < 2 or pair.head.ignore_class is not None:
        return None
    return None if bounds[0] >= 0 and bounds[1] < units else (int(bounds[0]), int(bounds[1]))


def counted_from_one(pair: Pair) -> bool:
    """Return whether one less would put every label inside."""
    bounds = outside(pair)
    return bounds is not None and bounds[0] == 1 and bounds[1] == pair.head.units


def marker(pair: Pair) -> int | None:
    """Return the one number that alone lies outside, away from the classes: it stands for something to ignore."""
    import numpy as np

    units = pair.head.units
    array = demands.values_of(pair.given)
    values = array if is_array(array) else getattr(array, "numpy", lambda: None)()
    if units is None or values is None or values.size > MOST_READ or outside(pair) is None:
        return None
    found = np.unique(values)
    odd = found[(found < 0) | (found >= units)]
    return int(odd[0]) if odd.size == 1 and (odd[0] < 0 or odd[0] > units) else None


def last_seen(pair: Pair) -> Place | None:
    """Return the earliest line whose value is still alive and has labels outside."""
    given, units = pair.given, pair.head.units
    found = None
    if given.node is None or given.scope is None or units is None:
        return None
    carried = True  # the value went on as it is
    for link in walk.chain(given.node, given.scope, demands.element_path(given)):
        bounds = value_range(link.value) if is_array(link.value) else None
        if bounds is None and not carried:
            break
        if bounds is None or bounds[0] < 0 or bounds[1] >= units:
            found = link.place
        carried = bounds is not None and isinstance(link.node, ast.Name)
    return found


def shifted(evidence: Evidence, pair: Pair) -> Iterator[Candidate]:
    """Propose to count the classes from zero: in the dict that numbers them, else where the labels are made."""
    given = pair.given
    maker = demands.maker(given)
    value = demands.values_of(given)
    call = demands.replaced(evidence, given, value - 1, maker) if given.element is None else None
    table = _numbering(pair)
    if table is not None:
        written, place = table
        yield Candidate(
            title="number the classes from 0", edits=written, cost=0.6, call=call, cause=place, exact=call is not None
        )
    found, at = demands.wrapping(given, maker, {"any": "{} - 1"})
    if found:
        yield Candidate(
            title="count the labels from 0",
            edits=found,
            cost=0.8,
            call=call,
            cause=at.place if at is not None else evidence.crash,
            exact=call is not None,
        )


def empty_first_class(pair: Pair) -> Link | None:
    """Return the encoding of labels counted from one: it made one column more than there are units, the first unused."""
    shape, units = pair.given.shape, pair.head.units
    if not shape or units is None or shape[-1] != units + 1 or not pair.head.categorical:
        return None
    if pair.given.element is not None or not is_array(array := demands.as_array(pair.given.value)):
        return None
    if len(shape) != len(pair.head.shape or ()) or array.size > MOST_READ or not array.size or array[..., 0].any():
        return None
    return encodings.encoding(pair)


def encoded_from_zero(evidence: Evidence, pair: Pair, link: Link) -> Iterator[Candidate]:
    """Propose to count the classes from zero before they are encoded."""
    units, inner = pair.head.units or 0, encodings.encoded(link.node)
    if inner is None:
        return
    written = [edits.replace(link.source, inner, _one_less(link, inner))]
    size = encodings.class_count(link.node)
    if size is not None:
        added = isinstance(size, ast.BinOp) and isinstance(size.op, ast.Add) and getattr(size.right, "value", 0) == 1
        text = link.source.segment(size.left) if added and isinstance(size, ast.BinOp) else str(units)
        written.append(edits.replace(link.source, size, text))
    sizes = tuple(one for one in (pair.given.shape or ())[:-1] if one is not None)
    yield Candidate(
        title="count the classes from 0 before they are encoded",
        edits=tuple(written),
        cost=0.6,
        call=demands.replaced(evidence, pair.given, blank((*sizes, units), "float32"), link),
        cause=link.place,
    )


def _one_less(link: Link, inner: ast.expr) -> str:
    text = edits.wrapped(link.source, inner, "{} - 1")
    known = ghost_of(evaluate(inner, link.scope))
    alias = edits.alias(link.source, "numpy")
    if known is not None and known.kind in {"list", "python"} and alias is not None:
        text = f"{alias}.array({link.source.segment(inner)}) - 1"
    return text


def _numbering(pair: Pair) -> tuple[tuple[Edit, ...], Place] | None:
    """Return the edits of the dict literal that gives each class its number."""
    given = pair.given
    if given.node is None or given.scope is None:
        return None
    budget = Budget(nodes=20_000, seconds=0.1)
    for link in walk.chain(given.node, given.scope, demands.element_path(given)):
        for name in ast.walk(link.node):
            if isinstance(name, ast.Name | ast.Attribute):
                table = evaluate(name, link.scope, budget)
                if isinstance(table, dict) and _numbers_from_one(table, pair):
                    return _renumbered(name, link)
    return None


def _numbers_from_one(table: dict[Any, Any], pair: Pair) -> bool:
    values = list(table.values())
    return (
        bool(values)
        and all(isinstance(value, int) and not isinstance(value, bool) for value in values)
        and min(values) == 1
        and max(values) == pair.head.units
    )


def _renumbered(name: ast.expr, link: Link) -> tuple[tuple[Edit, ...], Place] | None:
    home = walk.number_home(name, link.scope)
    if home is None or not isinstance(home.node, ast.Dict):
        return None
    values = home.node.values
    if not all(isinstance(value, ast.Constant) and isinstance(value.value, int) for value in values):
        return None
    changed = tuple(edits.replace(home.source, value, str(value.value - 1)) for value in values)  # type: ignore[attr-defined]
    return changed, home.place


def ignoring(evidence: Evidence, pair: Pair) -> Iterator[Candidate]:
    """Propose to tell the loss which class number stands for nothing."""
    number = marker(pair)
    made = constructors.compiled(evidence)
    node = made.argument("loss", 1) if made is not None else None
    if number is None or made is None or node is None:
        return
    home = walk.number_home(node, made.scope)
    if home is None or home.path:
        return
    written = _name_of(evidence, home.source, number)
    edit = _with_ignore(home.source, home.node, written)
    if edit is None:
        return
    changed = losses.other_loss(evidence.event.owner, pair.head, "SparseCategoricalCrossentropy", ignore_class=number)
    yield Candidate(
        title=f"let the loss ignore the labels {written}",
        edits=edit,
        cost=0.8,
        check=demands.tried(evidence, loss=written_loss.with_loss(evidence, pair, changed)),
        cause=last_seen(pair),
    )


def _name_of(evidence: Evidence, source: SourceFile, number: int) -> str:
    """Return the program's own constant for a number, else the number."""
    for frame in evidence.frames:
        if frame.source is source:
            names = [n for n, v in frame.globals.items() if isinstance(v, int) and v == number and n.isupper()]
            if len(names) == 1:
                return names[0]
    return str(number)


def _with_ignore(source: SourceFile, node: ast.AST, number: str) -> tuple[Edit, ...] | None:
    if isinstance(node, ast.Call):
        return (edits.add_argument(source, node, f"ignore_class={number}"),)
    if not isinstance(node, ast.Constant):
        return None
    prefix = keras_prefix(source)
    if prefix is None:
        return None
    return (edits.replace(source, node, f"{prefix}.losses.SparseCategoricalCrossentropy(ignore_class={number})"),)


def keras_prefix(source: SourceFile) -> str | None:
    """Return how the file writes the Keras package: ``keras``, ``tf.keras``; None where it imports neither."""
    for module in ("keras", "tensorflow.keras", "tf_keras"):
        name = edits.alias(source, module)
        if name is not None:
            return name
    name = edits.alias(source, "tensorflow")
    return f"{name}.keras" if name is not None else None
