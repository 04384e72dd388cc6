"""Models built for one batch size against data whose last batch is smaller."""

from __future__ import annotations

import ast
import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.access import is_a
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.walk import Link, number_home
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import pipelines
from kerasguard.repairs.data.changing import changed
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Edit, Place

USUAL = 32


def fixed(evidence: Evidence) -> int | None:
    """Return the batch size that the model's inputs fix, None where they leave it open."""
    sizes = {want.shape[0] for want in evidence.wanted if want.shape}
    size = next(iter(sizes)) if len(sizes) == 1 else None
    return size if isinstance(size, int) else None


def rows(evidence: Evidence) -> int | None:
    """Return the number of samples, None for pipelines and generators."""
    found = {one.shape[0] for one in evidence.given if one.shape and one.element is None}
    return next(iter(found)) if len(found) == 1 else None


def batch(evidence: Evidence) -> int:
    """Return the batch size of the call."""
    call = evidence.call
    size = call.options.get("batch_size") if call is not None else None
    return size if isinstance(size, int) else USUAL


def odd(evidence: Evidence) -> bool:
    """Return whether some batch of the call does not have the size that the model fixes."""
    size, count = fixed(evidence), rows(evidence)
    if size is None or evidence.call is None:
        return False
    if count is None:
        return specs.kind_of(evidence.call.x) == "dataset" or _sliced_unevenly(evidence, size)
    return batch(evidence) != size or any(number % size for number in (count, *_held_out_rows(evidence)))


def uneven(evidence: Evidence, size: int) -> list[Given]:
    """Return the arrays whose rows make no whole batches."""
    return [one for one in (*evidence.everything, *_held_out(evidence)) if one.shape and (one.shape[0] or 0) % size]


def _held_out(evidence: Evidence) -> list[Given]:
    """Return the arrays for validation."""
    value = evidence.call.validation_data if evidence.call is not None else None
    if value is None or not is_a(value, tuple | list):
        return []
    return [one for one in evidence.tensors("validation_data", value) if one.shape and one.element is None]


def _held_out_rows(evidence: Evidence) -> set[int]:
    return {one.shape[0] or 0 for one in _held_out(evidence) if one.shape}


def _sliced_unevenly(evidence: Evidence, size: int) -> bool:
    """Return whether a generator or Sequence hands out slices of an array that is no multiple of the batch size."""
    arrays = [demands.values_of(one) for one in evidence.given if one.element is not None]
    return any(shape is not None and shape[0] and shape[0] % size for shape in map(specs.shape_of, arrays))


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose the fixed batch size, and to leave out the rows of an incomplete last batch."""
    size, count, call, site = fixed(evidence), rows(evidence), evidence.call, evidence.site_call
    source = evidence.scopes[evidence.site].source if evidence.site is not None else None
    if size is None or call is None or site is None or source is None:
        return
    if count is None or count < size:
        yield from _dropping(evidence) if count is None else _filled_up(evidence, source, size, count)
        return
    written = []
    options = dict(call.options)
    sliced = call.entry in {"fit", "evaluate", "predict"}
    if not sliced and count >= 2 * size:
        return  # one call is one batch, and cutting several batches down to one is no repair
    if batch(evidence) != size and sliced:
        written.append(edits.set_argument(source, site, "batch_size", str(size)))
        options["batch_size"] = size
    cut, values, cause = _whole_batches(evidence, source, size)
    if not cut and any(number % size for number in (count, *_held_out_rows(evidence))):
        return
    if written or cut:
        new = dataclasses.replace(changed(call, values) if values else call, options=options)
        title, edited = f"feed batches of {size} rows only", (*written, *cut)
        yield Candidate(title, edited, 0.8, call=new, applicability="unsafe", cause=cause)


Cut = tuple[list[Edit], dict[tuple[str, tuple[Any, ...]], Any], "Place | None"]
NO_CUT: Cut = ([], {}, None)


def _whole_batches(evidence: Evidence, source: SourceFile, size: int) -> Cut:
    """Leave the rows of incomplete batches out: in the size by which rows are sliced, else where they are passed."""
    values: dict[tuple[str, tuple[Any, ...]], Any] = {}
    written = []
    odd_ones = uneven(evidence, size)
    for one in odd_ones:
        edit = _cut(one, source, size)
        if edit is None:
            return NO_CUT
        written.append(edit)
        slot = one.slot
        values[slot, one.path] = one.value[: (one.shape or (0,))[0] // size * size]  # type: ignore[operator]
    home = _home_of_size(evidence, odd_ones, size)
    return (written, values, None) if home is None else ([home[0]], values, home[1])


def _cut(one: Given, source: SourceFile, size: int) -> Edit | None:
    """Return the edit that takes only the rows of whole batches where a tensor is passed."""
    node, rows_there = one.node, (one.shape or (0,))[0]
    if node is None or one.scope is None or one.scope.source is not source or one.rest or not rows_there:
        return None
    if one.spec.kind not in {"numpy", "eager"}:
        return None
    whole = rows_there // size * size
    if isinstance(node, ast.Name | ast.Attribute):
        return edits.wrap(source, node, f"{{}}[:len({{}}) // {size} * {size}]")
    upper = _upper(one)
    if upper is not None:
        return edits.replace(
            source, upper, str(whole) if isinstance(upper, ast.Constant) else _rounded(source, upper, str(size))
        )
    return edits.wrap(source, node, f"{{}}[:{whole}]")


def _rounded(source: SourceFile, node: ast.expr, size: str) -> str:
    atom = isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.Constant)
    text = source.segment(node) if atom else f"({source.segment(node)})"
    return f"{text} // {size} * {size}"


def _upper(one: Given) -> ast.expr | None:
    """Return the bound of a slice from the first row on, where it is the number of rows."""
    part = one.node.slice if isinstance(one.node, ast.Subscript) else None
    part = part.elts[0] if isinstance(part, ast.Tuple) and part.elts else part
    if not isinstance(part, ast.Slice) or part.lower is not None or part.step is not None or part.upper is None:
        return None
    known = one.scope is not None and evaluate(part.upper, one.scope) == (one.shape or (0,))[0]
    return part.upper if known else None


def _home_of_size(evidence: Evidence, odd_ones: list[Given], size: int) -> tuple[Edit, Place] | None:
    """Return the edit of the one number that all the slices end at, where nothing else reads it."""
    uppers = [_upper(one) for one in odd_ones]
    names = {upper.id for upper in uppers if isinstance(upper, ast.Name)}
    if len(names) != 1 or not all(isinstance(upper, ast.Name) for upper in uppers):
        return None
    first, scope = uppers[0], odd_ones[0].scope
    home = number_home(first, scope) if first is not None and scope is not None else None
    if home is None or home.path or not isinstance(home.statement, ast.Assign) or home.statement.value is not home.node:
        return None
    reads = [
        node
        for node in ast.walk(home.source.tree)
        if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load)
    ]
    if len(reads) != len(uppers):
        return None
    text = _rounded(home.source, home.node, _size_text(evidence, home, size))
    return edits.replace(home.source, home.node, text), home.place


def _size_text(evidence: Evidence, home: Link, size: int) -> str:
    """Return how the program itself calls the batch size, where it has a name for it before the number is made."""
    given = [one.value for one in evidence.site_call.keywords if one.arg == "batch_size"] if evidence.site_call else []
    name = given[0] if given and isinstance(given[0], ast.Name) else None
    if name is None or home.scope.current(name.id) != size:
        return str(size)
    bound = home.scope.home(name.id, name)[1]
    early = bound and all(getattr(one.statement, "end_lineno", 0) < home.statement.lineno for one in bound)
    return name.id if early else str(size)


def _filled_up(evidence: Evidence, source: SourceFile, size: int, count: int) -> Iterator[Candidate]:
    """Fill a batch for predict up with the rows over again, and keep only the predictions for the real ones."""
    call, site = evidence.call, evidence.site_call
    name = edits.alias(source, "numpy")
    if call is None or site is None or call.entry != "predict" or name is None or len(evidence.given) != 1:
        return
    one, numpy = evidence.given[0], sys.modules.get("numpy")
    alone = one.spec.kind == "numpy" and not one.path and one.scope is not None and one.scope.source is source
    if numpy is None or not alone or not isinstance(one.node, ast.Name | ast.Attribute):
        return
    if len(specs.leaves(specs.read(call.owner, "outputs"))) != 1:
        return
    text = source.segment(one.node)
    place = source.place(site)
    end = (place.end_row, place.end_column)
    kept = Edit(source.filename, end, end, f"[:len({text})]")
    written = [edits.wrap(source, one.node, f"{name}.resize({{}}, ({size}, *{text}.shape[1:]))"), kept]
    if batch(evidence) != size:
        written.append(edits.set_argument(source, site, "batch_size", str(size)))
    value = numpy.resize(one.value, (size, *one.value.shape[1:]))
    full = dataclasses.replace(
        changed(call, {(one.slot, one.path): value}), options={**call.options, "batch_size": size}
    )
    rows_word = "row" if count == 1 else "rows"
    yield Candidate(
        title=f"fill the batch up to {size} rows, and keep the predictions for the {count} {rows_word} there are",
        edits=tuple(written),
        cost=0.8,
        call=full,
    )


def _dropping(evidence: Evidence) -> Iterator[Candidate]:
    call = evidence.call
    made: list[tuple[SourceFile, ast.Call, Place]] = []
    for pipeline in (call.x, call.validation_data) if call is not None else ():
        stages = pipelines.batch_stages(pipeline) if specs.kind_of(pipeline) == "dataset" else []
        found = pipelines.made_by(stages[0]) if stages else None
        made += [found] if found is not None and all(found[1] is not other[1] for other in made) else []
    if made:
        yield Candidate(
            title="leave out the incomplete last batch",
            applicability="unsafe",
            edits=tuple(edits.set_argument(source, node, "drop_remainder", "True", 1) for source, node, _ in made),
            cost=0.8,
            cause=made[0][2],
            exact=False,
        )
