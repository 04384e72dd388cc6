"""Shapes with an open size, given to functions that make real data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import ModuleType

from kerasguard.adapters import foreign, specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import FailingCall, failing_call
from kerasguard.vocabulary import Shape

LIBRARIES = ("tensorflow", "keras", "tf_keras")


def open_shape(evidence: Evidence) -> tuple[FailingCall, ast.expr, Shape] | None:
    """Return the failing call of TensorFlow or NumPy with the shape that leaves a size open."""
    call = failing_call(evidence)
    if call is None or not isinstance(evidence.event.error, ValueError | TypeError):
        return None
    if not foreign.is_foreign(call.function) or not _about_models(call):
        return None
    for _, node, value in call.nodes():
        if is_a(value, list | tuple) and None in [one for one in value if one is None or is_a(one, int)]:
            if all(one is None or is_a(one, int) for one in value):
                return call, node, tuple(value)
        elif type(value).__name__ == "TensorShape":
            shape = specs.shape_of(_Shaped(value))
            if shape is not None and None in shape:
                return call, node, shape
    return None


class _Shaped:
    """Something with a shape."""

    def __init__(self, shape: object) -> None:
        self.shape = shape


def _about_models(call: FailingCall) -> bool:
    """Return whether the file works with models at all: numpy alone is not our business."""
    if foreign.root_of(call.function) == "tensorflow":
        return True
    modules = [vars(value) for value in call.scope.globals.values() if is_a(value, ModuleType)]
    return any(str(names.get("__name__")).partition(".")[0] in LIBRARIES for names in modules)


def candidates(call: FailingCall, node: ast.expr, shape: Shape) -> Iterator[Candidate]:
    """Propose 1 in the place of every open size that is written out."""
    if not isinstance(node, ast.Tuple | ast.List) or len(node.elts) != len(shape):
        return
    written = tuple(
        edits.replace(call.source, one, "1") for one, size in zip(node.elts, shape, strict=True) if size is None
    )
    yield Candidate(title="make data with one row", edits=written, cost=1.5, cause=call.place, exact=False)
