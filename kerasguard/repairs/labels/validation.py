"""Labels of the validation data that are not like those of the training data: the change that makes them alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters.specs import is_container, kind_of
from kerasguard.adapters.tensors import blank
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.access import is_a
from kerasguard.provenance.links import Link
from kerasguard.repairs import edits, writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.changing import changed
from kerasguard.repairs.labels import demands, encodings, shapes, units
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit

SLOT = "validation_data"


def given_labels(evidence: Evidence) -> list[Given]:
    """Return the labels among the validation data."""
    call = evidence.call
    value = call.validation_data if call is not None else None
    if value is not None and is_a(value, tuple | list) and len(value) > 1:
        return [one for one in evidence.tensors(SLOT, value) if one.path[:1] == (1,)]
    if value is None or is_a(value, tuple | list | dict):
        return []
    return [one for one in evidence.tensors(SLOT, value) if one.slot == "y" and one.element is not None]


def parts(evidence: Evidence) -> int | None:
    """Return of how many parts the validation data is made where that is neither two nor three, None elsewhere."""
    call = evidence.call
    value = call.validation_data if call is not None and evidence.event.entry == "fit" else None
    if value is None or kind_of(value) in {"dataset", "generator", "pydataset"} or isinstance(value, dict):
        return None
    count = len(value) if isinstance(value, tuple) or (isinstance(value, list) and is_container(value)) else 1
    return None if count in {2, 3} else count


def differing(evidence: Evidence) -> tuple[Pair, Pair] | None:
    """Return labels for validation that do not fit an output which the labels for training do fit, and those."""
    heads = demands.heads(evidence)
    training, others = demands.pairs(evidence), demands.paired(_keyed(given_labels(evidence)), heads)
    if not training or len(others) != len(training) or any(pair.head.loss is None for pair in training):
        return None
    if not all(demands.fits(pair) for pair in training):
        return None
    return next(((one, other) for other, one in zip(training, others, strict=True) if not demands.fits(one)), None)


def _keyed(given: list[Given]) -> list[Given]:
    return given if all(one.shape is not None for one in given) else []


def candidates(evidence: Evidence, wrong: Pair, right: Pair) -> Iterator[Candidate]:
    """Propose for validation what was done with the labels for training."""
    if wrong.given.element is not None:
        return
    if right.head.sparse:
        yield from _as_numbers(evidence, wrong)
    elif _narrower(wrong, right):
        yield from _as_wide(evidence, wrong, right)
    elif demands.class_rank(wrong) == 1 and right.head.units is not None:
        yield from _encoded_alike(evidence, wrong, right, right.head.units)
    change = shapes.change(wrong)
    if change is not None and None not in change.shape:
        text, imports = _pattern(wrong.given, change.pattern)
        yield from _at_use(evidence, wrong.given, change.title, text, change.shape, imports)


def _narrower(wrong: Pair, right: Pair) -> bool:
    """Return whether one-hot labels for validation have fewer columns than those for training, and otherwise fit."""
    return units.same_places(wrong) and ((wrong.given.shape or ())[-1] or 0) < (right.head.units or 0)


def _as_wide(evidence: Evidence, wrong: Pair, right: Pair) -> Iterator[Candidate]:
    """Propose the number of classes for an encoding that counts those among its labels."""
    given, link, count = wrong.given, encodings.encoding(wrong), right.head.units
    if link is None or count is None:
        return
    written = encodings.with_classes(link, count)
    if written:
        yield Candidate(
            title=f"encode the labels for validation with {count} columns: some classes may be missing among them",
            edits=written,
            cost=0.6,
            call=_call(evidence, given, (*(given.shape or ())[:-1], count)),
            cause=link.place,
        )


def _as_numbers(evidence: Evidence, wrong: Pair) -> Iterator[Candidate]:
    given, link = wrong.given, encodings.encoding(wrong)
    shape = (given.shape or ())[:-1]
    written = encodings.without(link) if link is not None else ()
    if link is not None and written:
        yield Candidate(
            title="keep the labels for validation as class numbers, like those for training",
            edits=written,
            cost=0.7,
            call=_call(evidence, given, shape),
            cause=link.place,
        )
        return
    text, imports = _pattern(given, {"numpy": "np.argmax({}, axis=-1)", "tensor": "tf.argmax({}, axis=-1)"})
    yield from _at_use(evidence, given, "make class numbers of the labels for validation", text, shape, imports)


def _encoded_alike(evidence: Evidence, wrong: Pair, right: Pair, units: int) -> Iterator[Candidate]:
    """Propose the encoding of the labels for training: in a statement behind it, else where the labels are passed."""
    given, title = wrong.given, "encode the labels for validation like those for training"
    bounds = demands.label_range(given)
    if bounds is None or bounds[0] < 0 or bounds[1] >= units or not demands.integral(given):
        return
    base = (given.shape or ())[:-1] if len(given.shape or ()) == len(right.head.shape or ()) else given.shape or ()
    shape = (*base, units)
    link = encodings.encoding(right)
    text = _like(link, units) if link is not None and given.scope is not None else None
    if text is not None and link is not None and given.scope is not None and link.source is given.scope.source:
        behind = _behind(given, link, text)
        if behind is not None:
            yield Candidate(title, (behind,), cost=0.6, call=_call(evidence, given, shape), cause=link.place)
            return
        yield from _at_use(evidence, given, title, text, shape, ())
        return
    plain = (given.spec.dtype or "").startswith(("int", "uint")) and base == given.shape
    pattern = f"np.eye({units})[{{}}]" if plain else f"np.eye({units})[np.ravel({{}}).astype(int)]"
    text, imports = _pattern(given, {"numpy": pattern})
    yield from _at_use(evidence, given, title, text, shape, imports)


def _like(link: Link, units: int) -> str | None:
    """Return the encoding as a pattern; the number of classes is written out, for validation may lack some."""
    inner, node = encodings.encoded(link.node), link.node
    if inner is None or (isinstance(node, ast.Call) and encodings.called(node) == "get_dummies"):
        return None
    whole, part = link.source.place(node), link.source.place(inner)
    text = link.source.text
    start, end = (link.source.offset(whole.row, whole.column), link.source.offset(whole.end_row, whole.end_column))
    first, last = (link.source.offset(part.row, part.column), link.source.offset(part.end_row, part.end_column))
    tail = text[last:end]
    alone = isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
    return text[start:first] + "{}" + (f", num_classes={units}{tail}" if alone else tail)


def _behind(given: Given, link: Link, text: str) -> Edit | None:
    """Return a statement behind the encoding that encodes the same variable; None where it is not bound by then."""
    node, scope = given.node, given.scope
    if not isinstance(node, ast.Name) or scope is None or link.scope.owner is not scope.owner:
        return None
    statement = link.statement
    if not isinstance(statement, ast.Assign) or isinstance(link.source.parent(statement), ast.For | ast.While):
        return None
    bound = [
        one.lineno
        for one in ast.walk(scope.owner or link.source.tree)
        if isinstance(one, ast.Name) and one.id == node.id and isinstance(one.ctx, ast.Store)
    ]
    if not bound or max(bound) >= statement.lineno or statement.lineno >= node.lineno:
        return None
    return edits.insert_after(link.source, statement, f"{node.id} = {text.replace('{}', node.id)}")


def _at_use(
    evidence: Evidence, given: Given, title: str, text: str, shape: tuple[Any, ...], imports: tuple[Edit, ...]
) -> Iterator[Candidate]:
    if given.node is None or given.scope is None or given.scope.source is None or not text:
        return
    source, cause = given.scope.source, None
    statement = source.statement(given.node)
    cause = source.place(statement) if statement is not None else evidence.crash
    edit = edits.wrap(source, given.node, text)
    yield Candidate(title, (*imports, edit), cost=0.8, call=_call(evidence, given, shape), cause=cause)


def _pattern(given: Given, patterns: dict[str, str]) -> tuple[str, tuple[Edit, ...]]:
    if given.scope is None or given.scope.source is None:
        return "", ()
    kind = given.spec.kind if "tensor" in patterns or "any" in patterns else "numpy"
    return writing.pattern(given.scope.source, kind, patterns)


def _call(evidence: Evidence, given: Given, shape: tuple[Any, ...]) -> Any:
    """Return the failing call with other labels among the validation data."""
    call = evidence.call
    if call is None or None in shape:
        return None
    value = blank(tuple(int(size) for size in shape), "float32")
    return changed(call, {(SLOT, given.path): value})
