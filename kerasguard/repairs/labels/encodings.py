"""Class numbers and one-hot rows: which of them the labels are, and how to get from one to the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import losses, other_inputs
from kerasguard.adapters.tensors import blank
from kerasguard.evidence import Evidence
from kerasguard.provenance import walk
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.reentry import users_function
from kerasguard.provenance.values import ghost_of, shape_of
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, written_loss
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit, Place

ENCODERS = frozenset({"to_categorical", "one_hot", "get_dummies", "eye"})
SPARSE, DENSE = "sparse_categorical", "categorical"


def encoding(pair: Pair) -> Link | None:
    """Return the call that made one-hot rows of class numbers."""
    given = pair.given
    if given.node is None or given.scope is None:
        return None
    for link in walk.chain(given.node, given.scope, demands.element_path(given)):
        if link.path in demands.WHOLE and encoded(link.node) is not None and not _is_users(link):
            return link
    return None


def _is_users(link: Link) -> bool:
    """Return whether a call is one of a helper of the user's, whatever its name: what encodes stands inside."""
    if not isinstance(link.node, ast.Call):
        return False
    return users_function(evaluate(link.node.func, link.scope)) is not None


def encoded_twice(pair: Pair) -> Link | None:
    """Return the encoding of labels that had one column for each class before it: they have one axis too many now."""
    shape, output = pair.given.shape, pair.head.shape
    if shape is None or output is None or len(shape) != len(output) + 1:
        return None
    link = encoding(pair)
    inner = encoded(link.node) if link is not None else None
    if link is None or inner is None:
        return None
    before = shape_of(evaluate(inner, link.scope))
    if before is None:
        return link if any(encoded(node) is not None for node in _before(link)) else None
    return link if demands.fits(demands.rehead(pair, shape=(None, *before[1:]))) else None


def _before(link: Link) -> Iterator[ast.AST]:
    """Yield the expressions of which an encoding's labels were made."""
    inner = encoded(link.node)
    if inner is not None:
        yield from (one.node for one in walk.chain(inner, link.scope))


def once(evidence: Evidence, pair: Pair, link: Link) -> Iterator[Candidate]:
    """Propose to leave the second encoding out."""
    given = pair.given
    sizes = tuple(size for size in (given.shape or ())[:-1] if size is not None)
    call = demands.replaced(evidence, given, blank(sizes, "float32"), link) if None not in (given.shape or ()) else None
    outer = _outer(pair, link)
    written = without(link) if outer is None else (edits.replace(outer.source, outer.node, _argument(outer)),)
    if written:
        yield Candidate(
            title="encode the labels once",
            edits=written,
            cost=0.6,
            call=call,
            cause=(outer or link).place,
            exact=call is not None,
        )


def _outer(pair: Pair, link: Link) -> Link | None:
    """Return the call of a helper that encodes, where both encodings are its work: the call is what is too much."""
    given = pair.given
    if given.node is None or given.scope is None or not any(node is link.node for node in _before(link)):
        return None
    found = None
    for one in walk.chain(given.node, given.scope, demands.element_path(given)):
        if one is link or one.node is link.node:
            return found
        if isinstance(one.node, ast.Call) and len(one.node.args) == 1 and not one.path:
            found = one
    return None


def _argument(link: Link) -> str:
    return link.source.segment(link.node.args[0]) if isinstance(link.node, ast.Call) else ""


def encoded(node: ast.AST) -> ast.expr | None:
    """Return what a one-hot encoding encodes: ``to_categorical(y)``, ``tf.one_hot(y, n)``, ``np.eye(n)[y]``."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Call) and called(node.value) == "eye":
        return node.slice
    if isinstance(node, ast.Call) and called(node) in ENCODERS - {"eye"} and node.args:
        return node.args[0]
    return None


def class_count(node: ast.AST) -> ast.expr | None:
    """Return the number of classes that is written in an encoding, None where it follows from the labels."""
    if isinstance(node, ast.Subscript):
        node = node.value
        return node.args[0] if isinstance(node, ast.Call) and node.args else None
    if not isinstance(node, ast.Call):
        return None
    named = (one.value for one in node.keywords if one.arg in {"num_classes", "depth"})
    return node.args[1] if len(node.args) > 1 else next(named, None)


def with_classes(link: Link, count: int) -> tuple[Edit, ...]:
    """Return the edits that write a number of classes into an encoding; none where it cannot take one."""
    node, written = link.node, class_count(link.node)
    if written is not None:
        return (edits.replace(link.source, written, str(count)),)
    if isinstance(node, ast.Call) and called(node) == "to_categorical":
        return (edits.add_argument(link.source, node, f"num_classes={count}"),)
    if isinstance(node, ast.Call) and called(node) == "get_dummies":
        return (edits.wrap(link.source, node, f"{{}}.reindex(columns=range({count}), fill_value=0)"),)
    return ()


def called(node: ast.Call) -> str:
    """Return the plain name of what a call calls."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def encoded_elsewhere(evidence: Evidence) -> bool:
    """Return whether the program encodes other labels as well: then the loss is the one thing to change."""
    found = 0
    for source in constructors.sources(evidence):
        found += sum(encoded(node) is not None for node in ast.walk(source.tree))
    return found > 1


def to_numbers(evidence: Evidence, pair: Pair) -> Iterator[Candidate]:
    """Propose to keep the class numbers: without the encoding where that is written, else by argmax."""
    given = pair.given
    shape = given.shape
    link = encoding(pair)
    numbers = None if given.element is not None else _numbers(given.value)
    call = None if numbers is None else demands.replaced(evidence, given, numbers, link)
    if link is not None:
        several = encoded_elsewhere(evidence)
        written = without(link)
        if written:
            yield Candidate(
                title="keep the labels as class numbers: leave the one-hot encoding out",
                edits=written,
                cost=1.2 if several else 0.8,
                call=call,
                cause=link.place,
                exact=call is not None,
            )
    if shape is None:
        return
    text = {"numpy": "np.argmax({}, axis=-1)", "tensor": "tf.argmax({}, axis=-1)"}
    found, at = demands.wrapping(given, None if given.element is None else demands.maker(given), text)
    if found and given.element is None:
        yield Candidate(
            title="make class numbers of the one-hot labels",
            edits=found,
            cost=1.4,
            call=call,
            cause=at.place if at is not None else None,
            exact=call is not None,
        )


def _numbers(value: Any) -> Any:
    shape = tuple(getattr(value, "shape", ()))
    return blank(shape[:-1], "int64") if shape else None


def without(link: Link) -> tuple[Edit, ...]:
    """Return the edits that leave an encoding out; none where that cannot be written."""
    inner = encoded(link.node)
    statement = link.statement
    if inner is None:
        return ()
    source = link.source
    text = source.segment(inner)
    target = statement.targets[0] if isinstance(statement, ast.Assign) and statement.value is link.node else None
    if target is not None and source.segment(target) == text:
        return _deleted(source, statement)
    ghost = ghost_of(evaluate(inner, link.scope))
    if ghost is None or ghost.kind == "list":
        alias = edits.alias(source, "numpy")
        if alias is None:
            return ()
        text = f"{alias}.array({text})"
    return (edits.replace(source, link.node, text),)


def _deleted(source: Any, statement: ast.stmt) -> tuple[Edit, ...]:
    """Take a statement out, its line with it where it stands alone."""
    place = source.place(statement)
    block = getattr(source.parent(statement), "body", None)
    line = source.lines[place.row - 1]
    if isinstance(block, list) and len(block) == 1:
        return (edits.replace(source, statement, "pass"),)
    rest = source.lines[place.end_row - 1][place.end_column - 1 :].strip()
    if line[: place.column - 1].strip() or (rest and not rest.startswith("#")):
        return ()
    return (Edit(source.filename, (place.row, 1), (place.end_row + 1, 1), ""),)


def other_loss(evidence: Evidence, pair: Pair, *, sparse: bool, cost: float) -> Iterator[Candidate]:
    """Propose the sibling of a cross-entropy that takes the labels as they are."""
    old, new = (DENSE, SPARSE) if sparse else (SPARSE, DENSE)
    written, place = written_loss.loss_edits(evidence, pair, old, new)
    if not written:
        return
    name = "SparseCategoricalCrossentropy" if sparse else "CategoricalCrossentropy"
    changed = written_loss.with_loss(evidence, pair, losses.other_loss(evidence.event.owner, pair.head, name))
    yield Candidate(
        title=f"use {new}_crossentropy, which takes such labels",
        edits=written,
        cost=cost,
        check=demands.tried(evidence, loss=changed),
        cause=_only(place),
        exact=other_inputs.is_untrained(evidence.event.owner),  # the labels that it was trained on fitted this loss
    )


def _only(place: Any) -> Place | None:
    return place if isinstance(place, Place) else None


def to_one_hot(evidence: Evidence, pair: Pair) -> Iterator[Candidate]:
    """Propose to encode class numbers as one-hot rows where the labels are made."""
    given, units = pair.given, pair.head.units
    if units is None or given.element is not None or given.shape is None:
        return
    bounds = demands.label_range(given)
    if bounds is None or bounds[0] < 0 or bounds[1] >= units:
        return
    shape = given.shape[:-1] if given.shape and given.shape[-1] == 1 and demands.class_rank(pair) == 1 else given.shape
    text = {"numpy": f"np.eye({units})[{{}}]"}
    if not (given.spec.dtype or "").startswith(("int", "uint")) or shape != given.shape:
        text = {"numpy": f"np.eye({units})[np.ravel({{}}).astype(int)]"}
    found, at = demands.wrapping(given, None, text)
    sizes = [size for size in shape if size is not None]
    call = demands.replaced(evidence, given, blank((*sizes, units), "float32"))
    yield Candidate(
        title="make one-hot rows of the class numbers",
        edits=found,
        cost=1.3,
        call=call,
        cause=at.place if at is not None else None,
    )
