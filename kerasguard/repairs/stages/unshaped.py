"""Tensors that came out of a function in Python: TensorFlow knows nothing of their shape unless it is told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, stage_calls
from kerasguard.evidence import Evidence
from kerasguard.provenance.links import make_link
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.stages import IN_PYTHON, argument_of, handed_out
from kerasguard.provenance.values import UNKNOWN, ghost_of
from kerasguard.provenance.walk import walk_budget
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.stages import feeding
from kerasguard.repairs.stages.applied import applied_of
from kerasguard.vocabulary import Edit, Place, Shape

ERRORS = ("ValueError", "TypeError", "IndexError", "AttributeError")


@dataclass(frozen=True)
class Unshaped:
    """A call back into Python whose result has no shape.

    Attributes
    ----------
    dataset
        Whose elements hold it.
    leaves
        Where in an element nothing is known of the shape.
    shapes
        The shapes of what the function returns, as far as its source tells.
    """

    dataset: Any
    leaves: tuple[tuple[Any, ...], ...]
    node: ast.Call
    source: SourceFile
    scope: Scope
    shapes: tuple[Shape | None, ...]

    @property
    def place(self) -> Place:
        """The line of the call."""
        return statement_place(self.source, self.node)


def unshaped(evidence: Evidence) -> Unshaped | None:
    """Return the call whose result the failing code could not work with; asked once."""
    held = vars(evidence)
    if "_unshaped" not in held:
        held["_unshaped"] = _unshaped(evidence)
    found: Unshaped | None = held["_unshaped"]
    return found


def _unshaped(evidence: Evidence) -> Unshaped | None:
    if type(evidence.event.error).__name__ not in ERRORS or not evidence.scopes:
        return None
    applied = applied_of(evidence)
    for dataset in [applied.dataset] if applied is not None else feeding.datasets(evidence):
        leaves = tuple(_without_rank(dataset.element_spec))
        for line in feeding.lines_in_python(dataset) if leaves else ():
            scope = feeding.scope_in(evidence, line)
            calls = [
                one
                for one in ast.walk(line.statement)
                if isinstance(one, ast.Call) and getattr(one.func, "attr", getattr(one.func, "id", "")) in IN_PYTHON
            ]
            if scope is not None and len(calls) == 1:
                return Unshaped(dataset, leaves, calls[0], line.source, scope, _shapes(calls[0], scope))
    return None


def _without_rank(spec: Any) -> Iterator[tuple[Any, ...]]:
    for path in stage_calls.spec_paths(spec):
        leaf = stage_calls.component((spec,), (0, *path))
        if specs.shape_of(leaf) is None and specs.dtype_of(leaf) is not None:
            yield path


def _shapes(node: ast.Call, scope: Scope) -> tuple[Shape | None, ...]:
    """Return the shapes of what the function returns, one for each declared dtype."""
    declared = argument_of(node, 2, "Tout")
    count = len(declared.elts) if isinstance(declared, ast.Tuple | ast.List) else 1
    budget = walk_budget()
    made = make_link(node, scope, budget)
    given = handed_out(made, budget) if made is not None else []
    if len(given) != 1:
        return (None,) * count
    value = given[0].value
    parts = list(value) if isinstance(value, tuple | list) and len(value) == count else [value] if count == 1 else []
    return tuple(_shape(part) for part in parts) or (None,) * count


def _shape(value: Any) -> Shape | None:
    if isinstance(value, str | bytes):
        return ()
    ghost = ghost_of(value) if value is not UNKNOWN else None
    return None if ghost is None else ghost.shape


def candidates(evidence: Evidence, found: Unshaped) -> Iterator[Candidate]:
    """Propose to tell TensorFlow the shapes."""
    shapes = list(found.shapes)
    if shapes[:1] == [None] and len(evidence.wanted) == 1 and applied_of(evidence) is None:
        shape = evidence.wanted[0].display
        shapes[0] = shape[1:] if shape else None
    written = _written(found, shapes)
    if written is not None:
        yield Candidate(title="tell TensorFlow the shape", edits=written, cost=0.6, cause=found.place, exact=False)


def _written(found: Unshaped, shapes: list[Shape | None]) -> tuple[Edit, ...] | None:
    """Return set_shape() for names that the result is bound to, else ensure_shape() around the call."""
    statement, source = found.source.statement(found.node), found.source
    target = statement.targets[0] if isinstance(statement, ast.Assign) and statement.value is found.node else None
    names = list(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target] if target is not None else []
    if statement is not None and names and len(names) == len(shapes):
        pairs = [
            f"{name.id}.set_shape({shape})"
            for name, shape in zip(names, shapes, strict=True)
            if isinstance(name, ast.Name) and shape is not None
        ]
        return (edits.insert_after(source, statement, "\n".join(pairs)),) if pairs else None
    prefix = edits.alias(source, "tensorflow")
    if len(shapes) != 1 or shapes[0] is None or prefix is None:
        return None
    return (edits.wrap(source, found.node, f"{prefix}.ensure_shape({{}}, {shapes[0]})"),)


__all__ = ["Unshaped", "candidates", "unshaped"]
