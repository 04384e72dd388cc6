"""A dict of inputs that lacks a key which is at hand where the dict is made: in a function that a pipeline is mapped by."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.tensors import blank_rows
from kerasguard.adapters.trial import Call
from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.values import UNKNOWN, shape_of
from kerasguard.provenance.walk import chain, number_home
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Edit, Place, Shape

MADE = (ast.Dict, ast.DictComp)
TEXT = frozenset({"string", "object"})


def made_by(evidence: Evidence) -> Link | None:
    """Return the expression that makes the dict of inputs which was passed, or is handed out by a pipeline."""
    call = evidence.call
    if call is None or not evidence.given:
        return None
    _, node, scope = evidence.written("x", (), call.x)
    if node is None or scope is None:
        return None
    element = evidence.given[0].element
    path = () if element is None else ("*", *element[:-1])
    return next((link for link in chain(node, scope, path) if isinstance(link.node, MADE) and not link.path), None)


def candidates(evidence: Evidence, missing: Sequence[str], wanted: dict[str, Wanted]) -> Iterator[Candidate]:
    """Propose to take the missing keys over from a dict that the function which makes this one has them in."""
    call, link = evidence.call, made_by(evidence)
    if call is None or link is None or not missing:
        return
    found = {key: _at_hand(link, key, wanted[key]) for key in missing if key in wanted}
    if len(found) < len(missing) or any(one is None for one in found.values()):
        return
    texts = {key: one[0] for key, one in found.items() if one is not None}
    values = {key: one[1] for key, one in found.items() if one is not None}
    written = _entries(link, texts) if isinstance(link.node, ast.Dict) else _listed(link, missing)
    if written is None:
        return
    new = _with_keys(call, {key: _sample(value, link) for key, value in values.items()})
    yield Candidate(
        title="take " + ", ".join(f"`{key}`" for key in missing) + " over into the dict",
        edits=(written[0],),
        cost=0.9,
        call=new,
        cause=written[1],
        exact=new is not None,
    )


def _at_hand(link: Link, key: str, want: Wanted) -> tuple[str, Any] | None:
    """Return how to write a value that some other dict has under this key, and what is known of it."""
    names = [*link.scope.arguments, *(node.id for node in _names(link))]
    for name in dict.fromkeys(names):
        node = next((node for node in _names(link) if node.id == name), None)
        held = evaluate(node, link.scope) if node is not None else link.scope.arguments[name].value
        value = held.get(key, UNKNOWN) if isinstance(held, dict) else UNKNOWN
        shape = shape_of(value) if value is not UNKNOWN else None
        if shape is None:
            continue
        text = str(getattr(value, "dtype", None)) in TEXT
        if want.fits(_batched(shape, link)) and text == (want.dtype in TEXT):
            return f'{name}["{key}"]', value
    return None


def _names(link: Link) -> Iterator[ast.Name]:
    """Yield the names that the expression which makes the dict reads."""
    for node in ast.walk(link.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node


def _batched(shape: Shape, link: Link) -> Shape:
    """Return the shape as the model gets it: with the batch axis that a pipeline adds behind the function."""
    return (None, *shape) if link.lift else shape


def _sample(value: Any, link: Link) -> Shape | None:
    """Return the shape of one sample of a value that stands where the dict is made."""
    shape = shape_of(value)
    return shape if shape is None or link.lift else shape[1:]


def _entries(link: Link, texts: dict[str, str]) -> tuple[Edit, Place] | None:
    node = link.node
    if not isinstance(node, ast.Dict) or not node.values or not isinstance(node.keys[-1], ast.Constant):
        return None
    source = link.source
    last, first = source.place(node.values[-1]), source.place(node.keys[-1])
    quote = source.segment(node.keys[-1])[-1]
    own_line = len(node.keys) > 1 and source.place(node.values[-2]).end_row < first.row
    gap = ",\n" + " " * (first.column - 1) if own_line else ", "
    text = "".join(f"{gap}{quote}{key}{quote}: {value.replace(chr(34), quote)}" for key, value in texts.items())
    at = (last.end_row, last.end_column)
    return Edit(source.filename, at, at, text), source.place(node)


def _listed(link: Link, missing: Sequence[str]) -> tuple[Edit, Place] | None:
    """Return the edit of the list of names that a comprehension makes the dict of."""
    node = link.node
    if not isinstance(node, ast.DictComp) or len(node.generators) != 1:
        return None
    loop = node.generators[0]
    if loop.ifs or not isinstance(node.key, ast.Name) or ast.unparse(loop.target) != node.key.id:
        return None
    home = number_home(loop.iter, link.scope)
    if home is None or not isinstance(home.node, ast.List | ast.Tuple) or not home.node.elts:
        return None
    last = home.node.elts[-1]
    place, quote = home.source.place(last), home.source.segment(last)[-1]
    at = (place.end_row, place.end_column)
    return Edit(home.source.filename, at, at, "".join(f", {quote}{key}{quote}" for key in missing)), home.place


def _with_keys(call: Call, shapes: dict[str, Shape | None]) -> Call | None:
    """Return the call with the keys in the batches of its pipelines, None where nothing can stand in for them."""
    if specs.kind_of(call.x) != "dataset" or any(shape is None or None in shape for shape in shapes.values()):
        return None

    def filled(features: Any) -> Any:
        first = next(iter(features.values()))
        return {**{key: blank_rows(first, shape or ()) for key, shape in shapes.items()}, **features}

    new = {}
    for slot in ("x", "validation_data"):
        pipeline = getattr(call, slot)
        if specs.kind_of(pipeline) == "dataset":
            many = isinstance(pipeline.element_spec, tuple)
            try:
                new[slot] = pipeline.map(lambda one, *rest, many=many: (filled(one), *rest) if many else filled(one))
            except (TypeError, ValueError, AttributeError):
                return None
    return dataclasses.replace(call, **new)
