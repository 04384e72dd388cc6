"""Weights that a layer is given ready-made: arrays whose shapes are not those of its variables."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasguard.adapters import specs, wants
from kerasguard.evidence import Evidence
from kerasguard.provenance import walk
from kerasguard.provenance.access import is_a
from kerasguard.provenance.links import Link
from kerasguard.provenance.scope import Scope
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Edit, Shape

SETTERS = ("set_weights",)
MAKERS = frozenset({"zeros", "ones", "empty", "full", "random", "rand", "randn", "normal", "uniform"})
TABLE = 2  # axes of an Embedding's table


class Refused(NamedTuple):
    """An array that a variable of a layer refused."""

    layer: Any
    given: Shape
    wanted: Shape
    node: ast.expr
    scope: Scope
    path: tuple[Any, ...]

    @property
    def name(self) -> str:
        """The array as the user wrote it."""
        source = self.scope.source
        return source.segment(self.node) if source is not None else "weights"


def refused(evidence: Evidence) -> Refused | None:
    """Return the first array given to ``set_weights``, or as ``weights=``, that has another shape than its variable."""
    layer, values = evidence.held("self", *SETTERS), evidence.held("weights", *SETTERS)
    if layer is None:
        return _initialized(evidence)
    if not wants.is_layer(layer) or not is_a(values, list | tuple):
        return None
    variables = specs.read(layer, "weights") or []
    if len(variables) != len(values):
        return None
    for index, (variable, value) in enumerate(zip(variables, values, strict=True)):
        wanted, given = specs.shape_of(variable), specs.shape_of(value)
        if wanted is not None and given is not None and wanted != given:
            written = _written(evidence, layer, index)
            return None if written is None else Refused(layer, given, wanted, *written)
    return None


def _initialized(evidence: Evidence) -> Refused | None:
    """Return the matrix that a failing Embedding is to start with, where it is not as large as the table."""
    layer = evidence.failing.layer if evidence.failing is not None else None
    sizes = tuple(specs.read(layer, name) for name in ("input_dim", "output_dim"))
    given = specs.shape_of(specs.read(specs.read(layer, "embeddings_initializer"), "value"))
    if None in sizes or given is None or len(given) != TABLE or given == sizes:
        return None
    made = constructors.made(evidence, layer)
    node = made.argument("embeddings_initializer") if made is not None else None
    if made is None or node is None:
        return None
    home = walk.number_home(node, made.scope)
    if home is None or home.path or not isinstance(home.node, ast.Call):
        return None
    named = (one.value for one in home.node.keywords if one.arg == "value")
    value = home.node.args[0] if home.node.args else next(named, None)
    return None if value is None else Refused(layer, given, sizes, value, home.scope, ())


def _written(evidence: Evidence, layer: Any, index: int) -> tuple[ast.expr, Scope, tuple[Any, ...]] | None:
    """Return the expression of one of the arrays: in the failing call, else in the layer's own constructor."""
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    node: ast.expr | None = None
    if isinstance(frame.node, ast.Call) and getattr(frame.node.func, "attr", "") in SETTERS and frame.node.args:
        node = frame.node.args[0]
    elif (made := constructors.made(evidence, layer)) is not None:
        node, scope = made.argument("weights"), made.scope
    elif isinstance(frame.node, ast.Call):
        node = next((one.value for one in frame.node.keywords if one.arg == "weights"), None)
    if node is None:
        return None
    inner, where, rest = walk.resolve_path(node, scope, (index,))
    return inner, where, tuple(rest)


def candidates(evidence: Evidence, found: Refused) -> Iterator[Candidate]:
    """Propose as many rows as the table has where the matrix is made, or a table of as many rows as the matrix."""
    if len(found.given) != TABLE or len(found.wanted) != TABLE or found.given[1] != found.wanted[1]:
        return
    rows, wanted = found.given[0], found.wanted[0]
    if rows is None or wanted is None:
        return
    made = constructors.made(evidence, found.layer)
    node = made.argument("input_dim", 0) if made is not None else None
    if rows < wanted and node is not None and made is not None:
        yield from _more_rows(found, made, node, rows, wanted)
    if made is not None and node is not None and not found.path:
        name = found.name
        text = (
            f"{name}.shape[0]" if isinstance(found.node, ast.Name) and found.scope.owner is made.scope.owner else None
        )
        yield Candidate(
            title="make the table as large as the matrix",
            edits=(edits.replace(made.source, node, text or str(rows)),),
            cost=0.8 if rows > wanted else 1.2,
            cause=made.place,
            exact=False,
        )


def _more_rows(found: Refused, made: constructors.Made, size: ast.expr, rows: int, wanted: int) -> Iterator[Candidate]:
    """Propose a matrix with a row for every id; rows that were filled from 0 on move one up with it."""
    for link in walk.chain(found.node, found.scope, found.path):
        shape = _shape_argument(link.node)
        if shape is None or link.path:
            continue
        text = made.source.segment(size) if _known(made, size, link) else str(wanted)
        written = [edits.replace(link.source, shape, text)]
        if rows + 1 == wanted:
            written += _filled_from_zero(link)
        yield Candidate(
            title="give the matrix a row for each row of the table",
            edits=tuple(written),
            cost=0.7,
            cause=link.place,
            exact=False,
        )
        return


def _shape_argument(node: ast.AST) -> ast.expr | None:
    """Return the number of rows in a call that makes an array of a given shape."""
    if not isinstance(node, ast.Call):
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in MAKERS:
        return None
    named = next((one.value for one in node.keywords if one.arg in {"size", "shape"}), None)
    found = named or next((one for one in node.args if isinstance(one, ast.Tuple | ast.List)), None)
    if isinstance(found, ast.Tuple | ast.List):
        return found.elts[0] if len(found.elts) == TABLE else None
    return node.args[0] if name in {"rand", "randn"} and len(node.args) == TABLE else None


def _known(made: constructors.Made, size: ast.expr, link: Link) -> bool:
    """Return whether the table's size is a name that is bound, in the same function, before the matrix is made."""
    if not isinstance(size, ast.Name) or made.scope.owner is not link.scope.owner:
        return False
    bound = [
        one.lineno
        for one in ast.walk(link.scope.owner or link.source.tree)
        if isinstance(one, ast.Name) and one.id == size.id and isinstance(one.ctx, ast.Store)
    ]
    return bool(bound) and max(bound) < link.place.row


def _filled_from_zero(link: Link) -> list[Edit]:
    """Return the edits of ``matrix[number - 1] = row``, by which the first number went into row 0."""
    found = []
    for node in ast.walk(link.scope.owner or link.source.tree):
        for target in node.targets if isinstance(node, ast.Assign) else []:
            if not isinstance(target, ast.Subscript) or getattr(target.value, "id", None) != link.name:
                continue
            index = target.slice
            less = isinstance(index, ast.BinOp) and isinstance(index.op, ast.Sub)
            if less and isinstance(index, ast.BinOp) and getattr(index.right, "value", None) == 1:
                found.append(edits.replace(link.source, index, link.source.segment(index.left)))
    return found
