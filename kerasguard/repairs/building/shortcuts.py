"""A shortcut that is projected on a condition which did not hold where it had to: the condition, made wider."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.building.merges import at_merge, pairs, projection
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.vocabulary import Shape


def widened(failure: Failure) -> Iterator[Proposal]:
    """Let the condition of a projection hold for another stride, or for other channels, too."""
    evidence = failure.evidence
    scope = evidence.scopes[evidence.site] if evidence.site is not None else None
    if scope is None or scope.source is None:
        return
    for position, shape, other in pairs(failure):
        use = failure.use(position)
        found = projection(failure, shape, other)
        if not isinstance(use, ast.Name) or found is None:
            continue
        new, stride = found
        for way in _ways(scope.source, use):
            wanted = _conditions(scope, way, (shape, other, stride))
            if wanted is None:
                continue
            text = scope.source.segment(way.test)
            loose = ast.IfExp | ast.Lambda | ast.NamedExpr
            if isinstance(way.test, (loose | ast.BoolOp) if way.kept_if else loose):
                text = f"({text})"
            yield Proposal(
                title=f"keep the shortcut as it is only where {' and '.join(wanted)}"
                if way.kept_if
                else f"project the shortcut where {' or '.join(wanted)} as well",
                change=at_merge(failure, position, new),
                edits=(
                    edits.replace(scope.source, way.test, (" and " if way.kept_if else " or ").join((*wanted, text))),
                ),
                cost=0.4,
                cause=scope.source.place(way.test),
                names=(use.id, *(one.id for one in ast.walk(way.made) if isinstance(one, ast.Name))),
            )
            return


@dataclass(frozen=True)
class _Way:
    """A line that projects a shortcut on a condition, or keeps it as it is on one (`kept_if`)."""

    test: ast.expr
    made: ast.expr
    kept: str
    kept_if: bool


def _ways(source: SourceFile, use: ast.Name) -> Iterator[_Way]:
    """Yield every line above that binds the name on a condition."""
    for node in ast.walk(source.owner(use)):
        value = _bound(node, use.id) if getattr(node, "lineno", use.lineno) < use.lineno else None
        if isinstance(value, ast.IfExp):
            first, second, test = value.body, value.orelse, value.test
        elif isinstance(node, ast.If) and node.lineno < use.lineno:
            taken, left = ([v for one in block if (v := _bound(one, use.id))] for block in (node.body, node.orelse))
            if not taken or (node.orelse and not left):
                continue
            first, second, test = taken[-1], left[-1] if left else ast.Name(use.id, ast.Load()), node.test
        else:
            continue
        if isinstance(first, ast.Call) and isinstance(second, ast.Name):
            yield _Way(test, first, second.id, kept_if=False)
        elif isinstance(second, ast.Call) and isinstance(first, ast.Name):
            yield _Way(test, second, first.id, kept_if=True)


def _bound(node: ast.AST, name: str) -> ast.expr | None:
    """Return what an assignment gives a name."""
    if not isinstance(node, ast.Assign):
        return None
    return node.value if any(isinstance(one, ast.Name) and one.id == name for one in node.targets) else None


def _conditions(scope: Scope, way: _Way, sizes: tuple[Shape, Shape, int]) -> tuple[str, ...] | None:
    """Return in which respects the projection was wanted, in the names that it is made with; None without names."""
    shape, other, stride = sizes
    names = dict.fromkeys(node.id for node in ast.walk(way.made) if isinstance(node, ast.Name))
    whole = {name: value for name in names if type(value := scope.current(name)) is int}
    sign = "==" if way.kept_if else "!="
    found: list[str] = []
    if stride > 1:
        found += [f"{name} {sign} 1" for name, value in whole.items() if value == stride][:1]
    if shape[-1] != other[-1]:
        found += [f"{way.kept}.shape[-1] {sign} {name}" for name, value in whole.items() if value == other[-1]][:1]
    wanted = int(stride > 1) + int(shape[-1] != other[-1])
    return tuple(found) if len(found) == wanted else None
