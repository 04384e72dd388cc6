"""Search: which change makes tensors that belong together have equally many rows."""

from __future__ import annotations

import ast
import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasguard.adapters import specs
from kerasguard.adapters.trial import Call
from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.access import is_a
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.suspect import Suspect, of_length, of_rank
from kerasguard.provenance.values import Ghost, shape_of
from kerasguard.provenance.walk import Link, chain
from kerasguard.repairs import edits, writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import reshapes
from kerasguard.repairs.data.changing import changed, stand_in_for
from kerasguard.repairs.data.search import pairs
from kerasguard.repairs.transformations import Transformation, proposals, rows
from kerasguard.vocabulary import Shape

MOST_ALIKE = 6


class Mismatch(NamedTuple):
    """Tensors that belong together and have different numbers of rows."""

    given: tuple[Given, ...]
    odd: tuple[Given, ...]
    length: int

    @property
    def lengths(self) -> dict[str, int]:
        """Rows of each tensor, by the user's name."""
        return {one.name: (one.shape or (0,))[0] or 0 for one in self.given}


class Demand(NamedTuple):
    """So many rows, and samples that the input takes."""

    length: int
    shape: Shape | None
    want: Wanted | None

    @property
    def display(self) -> Shape | None:
        """The wanted shape, free sizes None."""
        return self.shape

    def fits(self, shape: Shape | None) -> bool:
        """Return whether a tensor of this shape will do."""
        if not shape or shape[0] != self.length:
            return False
        return self.want is None or self.want.fits(shape)


def mismatch(evidence: Evidence) -> Mismatch | None:
    """Return the tensors of the failing call with unequal numbers of rows, and those that stand out."""
    call = evidence.call
    if call is None:
        return None
    groups = [list(evidence.everything)]
    if is_a(call.validation_data, list | tuple):
        groups.append(list(evidence.tensors("validation_data", call.validation_data)))
    for group in groups:
        known = [one for one in group if one.element is None and one.shape and one.shape[0] is not None]
        if len(known) < 2 or any(one.element is not None for one in group):
            continue
        lengths = [(one.shape or (0,))[0] or 0 for one in known]
        if len(set(lengths)) > 1:
            return _judged(known, lengths)
    return None


def _judged(known: list[Given], lengths: list[int]) -> Mismatch:
    """Decide which length is right: that of most tensors; between two, one row against many is wrong, else the label."""
    counts = Counter(lengths)
    best = max(counts, key=lambda length: (counts[length], length > 1, length == lengths[0], length))
    odd = tuple(one for one, length in zip(known, lengths, strict=True) if length != best)
    return Mismatch(tuple(known), odd, best)


def candidates(evidence: Evidence, found: Mismatch) -> Iterator[Candidate]:
    """Propose repairs of the tensor that stands out, and, where two disagree, of the other one."""
    call = evidence.call
    if call is None:
        return
    targets = [(one, found.length) for one in found.odd]
    if len(found.given) == 2 and len(found.odd) == 1:
        other = next(one for one in found.given if one is not found.odd[0])
        targets.append((other, (found.odd[0].shape or (0,))[0] or 0))
    for index, (one, length) in enumerate(targets):
        partner = next(other for other in found.given if (other.shape or (0,))[0] == length)
        extra = 0.3 if index >= len(found.odd) else 0.0
        wants = {id(given): want for given, want in pairs(evidence)}
        demand = Demand(length, None, None)
        want = wants.get(id(one))
        if want is not None:
            demand = Demand(length, want.display, want)
        for candidate in _of_one(evidence, call, one, partner, demand):
            yield dataclasses.replace(candidate, cost=candidate.cost + extra)


def _of_one(evidence: Evidence, call: Call, one: Given, partner: Given, demand: Demand) -> Iterator[Candidate]:
    if len([node for node in (one.node, one.scope) if node is not None]) == 2:
        yield from _like_sibling(call, one, partner, demand)
        yield from _other_name(evidence, call, one, partner, demand)
    yield from _other_axes(evidence, call, one, demand)
    length = (one.shape or (0,))[0] or 0
    if length > demand.length:
        # That the counts agree then says nothing about which rows belong together: never proven.
        yield _candidate(evidence, call, one, rows(demand.length), exact=False)


def _like_sibling(call: Call, one: Given, partner: Given, demand: Demand) -> Iterator[Candidate]:
    """Take the rows that the partner takes: the partner's slice on the array that this tensor is taken from."""
    if one.node is None or one.scope is None or partner.node is None or partner.scope is None:
        return
    theirs = [link for link in chain(partner.node, partner.scope) if _selects_rows(link)]
    mine = chain(one.node, one.scope)
    for link in theirs:
        for own in mine:
            if own.scope.owner is not link.scope.owner or own.source is not link.source or own.lift or link.lift:
                continue
            base = _base(own.node)
            if base is None or not isinstance(link.node, ast.Subscript):
                continue
            text = f"{own.source.segment(base)}[{own.source.segment(link.node.slice)}]"
            shape = _shape_of_text(text, own)
            if demand.fits(shape):
                yield Candidate(
                    title=f"take the rows of `{one.name}` as those of `{partner.name}` are taken",
                    edits=(edits.replace(own.source, own.node, text),),
                    cost=0.7,
                    call=changed(call, {(one.slot, one.path): stand_in_for(one, shape)}),
                    cause=own.place,
                    applicability="safe",
                )
                return


def _selects_rows(link: Link) -> bool:
    """Return whether an expression takes some of the rows of an array: by a slice, a mask, or a list of indices."""
    if not isinstance(link.node, ast.Subscript):
        return False
    index = link.node.slice
    if isinstance(index, ast.Tuple) and index.elts:
        index = index.elts[0]
    if isinstance(index, ast.Slice):
        return True
    shape = shape_of(evaluate(index, link.scope))
    return shape is not None and len(shape) == 1


def _base(node: ast.expr) -> ast.expr | None:
    """Return the array that an expression takes rows of: without its subscripts, or the plain name itself."""
    if isinstance(node, ast.Name | ast.Attribute):
        return node
    while isinstance(node, ast.Subscript):
        node = node.value
    return node if isinstance(node, ast.Name | ast.Attribute) else None


def _shape_of_text(text: str, link: Link) -> Shape | None:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    return shape_of(evaluate(node, link.scope))


def _other_name(evidence: Evidence, call: Call, one: Given, partner: Given, demand: Demand) -> Iterator[Candidate]:
    """Another variable of the same kind has the right rows: the two were mixed up here, or when they were unpacked."""
    if not isinstance(one.node, ast.Name) or one.scope is None or one.scope.source is None or one.shape is None:
        return
    for name, value in _alike(one, one.scope, demand):
        if value is partner.value:
            continue  # data passed as their own labels would fit, whatever they are
        better = _kinship(name, partner.name) > _kinship(one.name, partner.name)
        new = changed(call, {(one.slot, one.path): value})
        if better:
            yield Candidate(
                title=f"pass `{name}` with `{partner.name}`",
                edits=(edits.replace(one.scope.source, one.node, name),),
                cost=0.8,
                call=new,
                applicability="safe",
            )
        swapped = _swapped(one.scope, one.node, name)
        if swapped is not None:
            source, statement, written = swapped
            yield Candidate(
                title=f"swap `{one.name}` and `{name}` where they are unpacked",
                edits=written,
                cost=0.6,
                call=new,
                cause=source.place(statement),
                applicability="safe",
            )
    del evidence


def _alike(one: Given, scope: Scope, demand: Demand) -> Iterator[tuple[str, Any]]:
    """Yield the live variables with the wanted rows and otherwise the same shape and dtype."""
    count = 0
    names = {**scope.globals, **scope.names} if scope.outer is None else dict(scope.names)
    for name, value in list(names.items()):
        if name.startswith("_") or value is one.value or name == one.name:
            continue
        shape = shape_of(value)
        if shape is None or isinstance(value, Ghost) or not demand.fits(shape):
            continue
        same_samples = shape[1:] == (one.shape or ())[1:]
        same_kind = same_samples and str(getattr(value, "dtype", "")) == str(getattr(one.value, "dtype", ""))
        # Names of one unpacking may have changed places whatever they hold; the trial tells.
        if same_kind or (isinstance(one.node, ast.Name) and _swapped(scope, one.node, name) is not None):
            count += 1
            if count > MOST_ALIKE:
                return
            yield name, value


def _kinship(one: str, other: str) -> int:
    """Return how much of their endings (``_train``) two names share, past the first letter."""
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one[:0:-1], other[:0:-1], strict=False))))


def _swapped(scope: Scope, use: ast.Name, name: str) -> tuple[Any, ast.stmt, tuple[Any, ...]] | None:
    """Return the edits that swap two names in the one statement that unpacks both."""
    home, found = scope.home(use.id, use)
    source = home.source
    for binding in found:
        statement = binding.statement
        if source is None or not isinstance(statement, ast.Assign):
            continue
        nodes = {
            node.id: node for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)
        }
        if use.id in nodes and name in nodes:
            pair = (edits.replace(source, nodes[use.id], name), edits.replace(source, nodes[name], use.id))
            return source, statement, pair
    return None


def _other_axes(evidence: Evidence, call: Call, one: Given, demand: Demand) -> Iterator[Candidate]:
    """Other axes of the same data make the rows come out right."""
    if one.shape is None:
        return
    for change in proposals(one.shape, demand):
        if change.kind == "rows":
            continue
        target = change.shape(one.shape)
        rewritten = reshapes.rewrite(one, target)
        if rewritten is not None:
            link, edit = rewritten
            yield Candidate(
                title=f"reshape to {tuple(target or ())}: one row for each sample",
                edits=(edit,),
                cost=0.8 + change.cost / 10,
                call=changed(call, {(one.slot, one.path): stand_in_for(one, target)}),
                cause=link.place,
                applicability="safe",
            )
        yield _candidate(evidence, call, one, change, exact=True)


def _candidate(evidence: Evidence, call: Call, one: Given, change: Transformation, *, exact: bool) -> Candidate:
    written = writing.at_use(evidence, one, change)
    return Candidate(
        title=change.title.format(f"`{one.name}`"),
        edits=written,
        cost=change.cost,
        call=changed(call, {(one.slot, one.path): change.value(one.value)}) if one.spec.kind in specs.ARRAYS else None,
        exact=exact and bool(written),
        applicability="unsafe" if change.lossy else "safe",
        suspect=_suspect(one, change),
    )


def _suspect(one: Given, change: Transformation) -> Suspect | None:
    """Return what to trace when this change mends the rows: where the rank, or the number of rows, became wrong."""
    if one.node is None or one.scope is None or one.shape is None:
        return None
    has = of_rank(len(one.shape)) if change.kind in ("add_axis", "drop_axis") else of_length(one.shape[0])
    return Suspect(one.node, one.scope, has, one.name)
