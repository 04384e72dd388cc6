"""Rewrite the reshape that gave a tensor its wrong shape."""

from __future__ import annotations

import ast
import itertools

from kerasguard.evidence import Given
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.walk import Link, chain
from kerasguard.vocabulary import Edit, Shape

MOST_SIZES = 5


def rewrite(given: Given, target: Shape | None) -> tuple[Link, Edit] | None:
    """Return the edit of the reshape call on the way to a tensor that makes it give `target`, from the sizes it names.

    Only the order of the sizes changes: what is written there stays.
    """
    if given.node is None or given.scope is None or target is None:
        return None
    for link in chain(given.node, given.scope):
        sizes = _sizes(link.node)
        if sizes is None or not 2 <= len(sizes) <= MOST_SIZES or len(sizes) != len(target):
            continue
        values = [evaluate(size, link.scope) for size in sizes]
        if tuple(values) == tuple(target) or link.shape != given.shape:
            continue
        for order in itertools.permutations(range(len(sizes))):
            if tuple(values[index] for index in order) == tuple(target):
                return link, _reordered(link.source, sizes, order)
    return None


def _sizes(node: ast.expr) -> list[ast.expr] | None:
    """Return the sizes written in a call of ``x.reshape(...)`` or ``np.reshape(x, (...))``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "reshape":
        return None
    args = [arg for arg in node.args if not isinstance(arg, ast.Starred)]
    if len(args) != len(node.args) or not args:
        return None
    last = args[-1]
    if isinstance(last, ast.Tuple | ast.List):
        return list(last.elts)
    return args if len(args) > 1 else None


def _reordered(source: SourceFile, sizes: list[ast.expr], order: tuple[int, ...]) -> Edit:
    first, last = source.place(sizes[0]), source.place(sizes[-1])
    text = ", ".join(source.segment(sizes[index]) for index in order)
    return Edit(source.filename, (first.row, first.column), (last.end_row, last.end_column), text)
