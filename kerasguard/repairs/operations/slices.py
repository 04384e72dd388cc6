"""A part of a tensor that is cut at the wrong place, so that it is wider than what it meets."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.values import UNKNOWN, shape_of
from kerasguard.provenance.walk import chain
from kerasguard.repairs import edited_code, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.operations.axes import sides_in_turn, text_of
from kerasguard.repairs.operations.clashes import Clash
from kerasguard.vocabulary import Shape

LAST = -1
AS_ANOTHER, AS_NUMBER = 0.45, 0.9


def recut(evidence: Evidence, clash: Clash) -> Iterator[Candidate]:
    """Cut the last axis of one side elsewhere: where another part of the same tensor ends or begins, or at a number."""
    differing = clash.differing()
    if differing is None or differing[0] != LAST:
        return
    budget = Budget(nodes=20_000, seconds=0.2)
    for side, _, wrong, right in sides_in_turn(clash, differing[1]):
        for link in chain(side.node, clash.scope, (), budget):
            shape = link.shape
            if link.scope is not clash.scope or (shape is not None and shape[-1:] != (wrong,)):
                break
            tensor = _whole(link, budget)
            cut = None if not tensor else _cut(link, len(tensor))
            whole = tensor[-1] if tensor else None
            if cut is None or whole is None or tensor is None:
                continue
            bound, from_end = cut
            at = whole - right if from_end else right
            if evaluate(bound, link.scope, budget) != (whole - wrong if from_end else wrong) or not 0 < at < whole:
                break
            known = _another(clash, link, at, len(tensor), budget)
            text = str(at) if known is None else clash.source.segment(known)
            written = (edits.replace(clash.source, bound, text),)
            yield Candidate(
                title=f"cut `{text_of(clash, link.node)}` at {text}",
                edits=written,
                cost=AS_NUMBER if known is None else AS_ANOTHER,
                check=edited_code.tried(evidence, written),
                cause=link.place,
                exact=known is not None,
            )
            break


def _cut(link: Link, rank: int) -> tuple[ast.expr, bool] | None:
    """Return the one bound of a slice of the last axis, and whether the part begins there; None for anything else."""
    part = _last(link.node, rank)
    if part is None or part.step is not None or (part.lower is None) == (part.upper is None):
        return None
    bound = part.lower if part.lower is not None else part.upper
    return None if bound is None else (bound, part.lower is not None)


def _last(node: ast.AST, rank: int) -> ast.Slice | None:
    """Return the slice of the last axis in ``x[..., a:b]`` or, of a tensor of this rank, in ``x[:, a:b]``."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple):
        return None
    parts = node.slice.elts
    new = any(isinstance(one, ast.Attribute) or (isinstance(one, ast.Constant) and one.value is None) for one in parts)
    ellipsis = any(isinstance(one, ast.Constant) and one.value is ... for one in parts[:-1])
    last = parts[-1] if parts and not new and (ellipsis or len(parts) == rank) else None
    return last if isinstance(last, ast.Slice) else None


def _whole(link: Link, budget: Budget) -> Shape | None:
    """Return the shape of the tensor that is cut."""
    node = link.node
    if not isinstance(node, ast.Subscript):
        return None
    value = link.scope.current(node.value.id) if isinstance(node.value, ast.Name) else UNKNOWN
    value = evaluate(node.value, link.scope, budget) if value is UNKNOWN else value
    return None if value is UNKNOWN else shape_of(value)


def _another(clash: Clash, link: Link, at: int, rank: int, budget: Budget) -> ast.expr | None:
    """Return the bound, with this value, of another part of the same tensor."""
    mine = link.node
    assert isinstance(mine, ast.Subscript)  # noqa: S101 - it has a slice
    for node in ast.walk(clash.source.owner(clash.node)):
        part = _last(node, rank) if node is not mine else None
        if part is None or not isinstance(node, ast.Subscript) or ast.dump(node.value) != ast.dump(mine.value):
            continue
        for bound in (part.upper, part.lower):
            value = UNKNOWN if bound is None else evaluate(bound, clash.scope, budget)
            if bound is not None and type(value) is int and value == at:
                return bound
    return None
