"""Models built for one batch size against data whose last batch is smaller."""

from __future__ import annotations

import ast
import dataclasses
import sys
from collections.abc import Iterator

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import pipelines
from kerasguard.repairs.data.changing import changed
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Edit

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
    return batch(evidence) != size or count % size != 0


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
    values = {}
    if count % size:
        whole = count // size * size
        for one in evidence.everything:
            if (
                one.node is None
                or one.scope is None
                or one.scope.source is not source
                or one.spec.kind not in {"numpy", "eager"}
            ):
                return
            if not isinstance(one.node, ast.Name | ast.Attribute):
                return
            written.append(edits.wrap(source, one.node, f"{{}}[:len({{}}) // {size} * {size}]"))
            values[one.slot, one.path] = one.value[:whole]
    if written:
        new = dataclasses.replace(changed(call, values) if values else call, options=options)
        yield Candidate(f"feed batches of {size} rows only", tuple(written), 0.8, call=new, applicability="unsafe")


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
    for stage in pipelines.batch_stages(call.x)[:1] if call is not None else []:
        made = pipelines.made_by(stage)
        if made is None:
            continue
        source, node, place = made
        yield Candidate(
            title="leave out the incomplete last batch",
            applicability="unsafe",
            edits=(edits.set_argument(source, node, "drop_remainder", "True", 1),),
            cost=0.8,
            cause=place,
            exact=False,
        )
