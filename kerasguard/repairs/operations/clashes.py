"""An operation of the user's own got tensors whose sizes do not go together: which expressions they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from kerasguard.adapters import specs, wants
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.arguments import into_display
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.frames import UserFrame
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import UNKNOWN, shape_of
from kerasguard.repairs.operations import products
from kerasguard.vocabulary import Shape

Kind = Literal["elementwise", "concat", "layer", "product"]
OPERATORS = ast.Add | ast.Sub | ast.Mult | ast.Div | ast.FloorDiv | ast.Pow | ast.Mod
ELEMENTWISE = frozenset(
    {
        "add", "subtract", "multiply", "divide", "truediv", "true_divide", "maximum", "minimum", "squared_difference",
        "pow", "power", "greater", "less", "equal", "not_equal", "logical_and", "logical_or", "add_n",
    }
)  # fmt: skip
JOINING = frozenset({"concat", "concatenate", "stack"})
LIBRARIES = ("tensorflow", "keras", "tf_keras")
GENERATED = "tensorflow.python.ops.gen_"
ERRORS = ("ValueError", "InvalidArgumentError")
TENSORS = frozenset({"eager", "variable", "symbolic", "keras", "numpy"})
TWO = 2


@dataclass(frozen=True)
class Side:
    """One tensor of the operation: its expression and the shape that it has there."""

    node: ast.expr
    shape: Shape
    value: Any = UNKNOWN


@dataclass(frozen=True)
class Clash:
    """An operation on tensors that do not go together.

    Attributes
    ----------
    node
        The operator or call.
    axis
        For tensors that are joined, the axis that may differ.
    called
        The layer that is called on several tensors, where it is one.
    """

    kind: Kind
    node: ast.expr
    sides: tuple[Side, ...]
    scope: Scope
    source: SourceFile
    axis: int | None = None
    called: Any = None

    def differing(self) -> tuple[int, tuple[int | None, ...]] | None:
        """Return the only axis, counted from the end, on which two sides of a rank differ, and their sizes there."""
        shapes = [side.shape for side in self.sides]
        if len(shapes) != TWO:
            return None
        if self.kind == "product":
            return -1, (shapes[0][-1], shapes[1][-1])
        short = min(map(len, shapes))
        if self.kind == "concat" and len(shapes[0]) != len(shapes[1]):
            return None
        found = []
        for axis in range(-short, 0):
            one, other = shapes[0][axis], shapes[1][axis]
            if self.axis is not None and axis in (self.axis, self.axis - len(shapes[0])):
                continue
            free = self.kind == "elementwise" and 1 in (one, other)
            if one != other and None not in (one, other) and not free:
                found.append((axis, (one, other)))
        return found[0] if len(found) == 1 else None


def clash_of(evidence: Evidence) -> Clash | None:
    """Return the operation that failed in the user's innermost function; asked once."""
    held = vars(evidence)
    if "_clash" not in held:
        held["_clash"] = _clash(evidence)
    found: Clash | None = held["_clash"]
    return found


def _clash(evidence: Evidence) -> Clash | None:
    if type(evidence.event.error).__name__ not in ERRORS or not evidence.frames:
        return None
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    if not evidence.library and frame.lasti >= 0:
        return None  # of a translated function, TensorFlow shows no frames of its own
    if frame.source is None or scope.source is None or frame.node is None:
        return None
    generated = _generated(evidence)
    budget = Budget(nodes=20_000, seconds=0.2)
    for node in _nodes(frame):
        found = _at(node, frame, scope, generated, budget)
        if found is not None:
            return found
    return None


def _nodes(frame: UserFrame) -> Iterator[ast.expr]:
    """Yield the expressions that may have failed: the exact one, or all of the statement where only that is known."""
    node = frame.node
    if frame.lasti >= 0:
        if isinstance(node, ast.BinOp | ast.Call | ast.AugAssign | ast.Compare):
            yield node  # type: ignore[misc]  # an AugAssign has two sides as well
        return
    statement = frame.source.statement(node) if frame.source is not None and node is not None else None
    for one in ast.walk(statement) if statement is not None else ():
        if isinstance(one, ast.BinOp | ast.Call):
            yield one


def _at(node: ast.expr, frame: UserFrame, scope: Scope, generated: tuple[Shape, ...], budget: Budget) -> Clash | None:
    source = scope.source
    if source is None:
        return None
    written = _operands(node, scope, budget)
    if written is None:
        return None
    kind, parts, axis, called = written
    if kind == "product":
        generated = products.as_rows(node, generated)
    sides = _sides(parts, scope, generated if kind != "layer" else (), budget)
    if sides is None:
        return None
    if kind == "layer":
        if isinstance(source.owner(node), ast.Module) or len({len(side.shape) for side in sides}) < TWO:
            return None
        return Clash(kind, node, sides, scope, source, None, called)
    if kind == "product":
        ends = [side.shape[-1] for side in sides]
        weights = any(specs.kind_of(side.value) == "variable" for side in sides)
        return None if weights or None in ends or len(set(ends)) < TWO else Clash(kind, node, sides, scope, source)
    if frame.lasti < 0 and generated and tuple(side.shape for side in sides) != generated:
        return None
    shapes = [side.shape for side in sides]
    fits = joinable(shapes, axis) if kind == "concat" else broadcasts(*shapes[:TWO])
    return None if fits else Clash(kind, node, sides, scope, source, axis)


def _operands(node: ast.expr, scope: Scope, budget: Budget) -> tuple[Kind, list[ast.expr], int | None, Any] | None:
    """Return what kind of operation a node is, and the expressions of its tensors."""
    rows = products.of_rows(node, scope, budget)
    if rows is not None:
        return "product", list(rows), None, None
    if isinstance(node, ast.BinOp):
        return ("elementwise", [node.left, node.right], None, None) if isinstance(node.op, OPERATORS) else None
    if isinstance(node, ast.Compare):
        return "elementwise", [node.left, node.comparators[0]], None, None
    if not isinstance(node, ast.Call):
        return None
    function = evaluate(node.func, scope, budget)
    if wants.is_layer(function) and wants.is_keras(type(function)) and any(masks_of(node)):
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        return "layer", [one for part in parts for one in _flat(part)], None, function
    root = str(getattr(function, "__module__", "") or "").partition(".")[0]
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if root not in LIBRARIES or not node.args:
        return None
    if name in JOINING and isinstance(node.args[0], ast.List | ast.Tuple):
        given = [*node.args[1:TWO], *(keyword.value for keyword in node.keywords if keyword.arg == "axis")]
        axis = evaluate(given[0], scope, budget) if given else (-1 if root == "keras" and name == "concatenate" else 0)
        axis = axis if isinstance(axis, int) and name != "stack" else None
        return "concat", list(node.args[0].elts), axis, None
    if name in ELEMENTWISE:
        parts = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in ("x", "y", "x1", "x2"))]
        return ("elementwise", parts[:TWO], None, None) if len(parts) >= TWO else None
    return None


def masks_of(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the masks among the arguments of a layer's call: their axes have to match those of the tensors."""
    for keyword in node.keywords if isinstance(node, ast.Call) else ():
        if keyword.arg is not None and "mask" in keyword.arg:
            yield from _flat(keyword.value)


def _flat(node: ast.expr) -> list[ast.expr]:
    return [one for part in node.elts for one in _flat(part)] if isinstance(node, ast.List | ast.Tuple) else [node]


def _sides(
    parts: list[ast.expr], scope: Scope, generated: tuple[Shape, ...], budget: Budget
) -> tuple[Side, ...] | None:
    """Return the tensors among the expressions; with the shapes that the failing op got where it tells them."""
    known = []
    for part in parts:
        node, rest = into_display(part, ())
        value = scope.current(node.id) if isinstance(node, ast.Name) else evaluate(node, scope, budget)
        known.append((node, value, None if rest or value is UNKNOWN else shape_of(value)))
    if generated:
        if len(generated) != len(known):
            return None
        pairs = zip(known, generated, strict=True)
        if any(shape is not None and not _same(shape, real) for (_, _, shape), real in pairs):
            return None
        return tuple(Side(node, real, value) for (node, value, _), real in zip(known, generated, strict=True))
    found = [Side(node, shape, value) for node, value, shape in known if shape]
    return tuple(found) if len(found) >= TWO else None


def _same(one: Shape, other: Shape) -> bool:
    return len(one) == len(other) and all(None in (a, b) or a == b for a, b in zip(one, other, strict=True))


def _generated(evidence: Evidence) -> tuple[Shape, ...]:
    """Return the shapes of the tensors that the failing op itself got."""
    for frame in evidence.library:
        if str(frame.f_globals.get("__name__", "")).startswith(GENERATED):
            return tuple(_of_frame(frame))
    return ()


def _of_frame(frame: FrameType) -> Iterator[Shape]:
    code = frame.f_code
    for name in code.co_varnames[: code.co_argcount]:
        value = frame.f_locals.get(name)
        if name in ("axis", "concat_dim", "name"):
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            if specs.kind_of(one) in TENSORS:
                shape = specs.shape_of(one)
                if shape is not None:
                    yield shape


def broadcasts(one: Shape, other: Shape) -> bool:
    """Return whether two shapes go together element by element."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return all(a == b or 1 in (a, b) or None in (a, b) for a, b in pairs)


def joinable(shapes: list[Shape], axis: int | None) -> bool:
    """Return whether tensors can be joined along an axis (None: stacked, none may differ)."""
    first = shapes[0]
    if any(len(shape) != len(first) for shape in shapes):
        return False
    free = None if axis is None else axis % max(len(first), 1)
    return all(
        index == free or a == b or None in (a, b)
        for shape in shapes
        for index, (a, b) in enumerate(zip(first, shape, strict=True))
    )
