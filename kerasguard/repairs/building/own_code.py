"""Changes in the code of the user's own layers: an axis or a size that is taken from the wrong place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from kerasguard.adapters import specs, wants
from kerasguard.adapters.rebuild import Change
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.repairs import edits
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.vocabulary import Edit, Shape

METHODS = ("build", "call")
MOST_AXES = 3
MOST_CHANGES = 10
CONVERTED = "autograph_info__"
AXES = frozenset({"axis", "axes"})


@dataclass(frozen=True)
class Method:
    """A method of a user's layer, where it is written."""

    owner: type
    function: FunctionType
    source: SourceFile
    node: ast.FunctionDef


@dataclass(frozen=True)
class _Other:
    """One expression of a method written otherwise."""

    nodes: tuple[ast.expr, ...]
    text: str
    title: str
    cost: float


def own_code(failure: Failure) -> Iterator[Proposal]:
    """Write an axis or a size in the code of the refusing layer otherwise."""
    layer = failure.step.operation
    if failure.nested or not wants.is_layer(layer) or wants.is_model(layer):
        return
    tried = 0
    for method in methods(layer):
        for other in (*_axes_of_shape(method), *_sizes(failure, method), *_axes_of_calls(method)):
            written = tuple(edits.replace(method.source, node, other.text) for node in other.nodes)
            new = patched(method, written)
            if new is None or tried >= MOST_CHANGES:
                continue
            tried += 1
            statement = method.source.statement(other.nodes[0]) or other.nodes[0]
            made = failure.plan.made.get(id(layer))
            change = Change(
                made={
                    id(one): maker(one, method, new, made) for one in failure.group(layer) if type(one) is type(layer)
                }
            )
            yield Proposal(
                title=other.title,
                change=change,
                edits=written,
                cost=other.cost,
                cause=method.source.place(statement, method.node.name),
                names=(type(layer).__name__, *_names(statement)),
            )


def methods(layer: Any, names: tuple[str, ...] = METHODS) -> Iterator[Method]:
    """Yield the methods of a layer that the user wrote."""
    for cls in type(layer).__mro__:
        if wants.is_keras(cls):
            return
        for name in names:
            function = vars(cls).get(name)
            source = source_of(function.__code__.co_filename) if isinstance(function, FunctionType) else None
            if source is None or not isinstance(function, FunctionType):
                continue
            for node in ast.walk(source.tree):
                if isinstance(node, ast.FunctionDef) and node.name == name and _first_line(node) == _line(function):
                    yield Method(cls, function, source, node)


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def _line(function: FunctionType) -> int:
    return function.__code__.co_firstlineno


def patched(method: Method, written: tuple[Edit, ...]) -> FunctionType | None:
    """Return the method as the edited file would define it; nothing of the user's is run for that."""
    text = edits.applied(method.source, written)
    try:
        module = compile(text, method.source.filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    old = method.function
    code = next((one for one in _codes(module) if _same(one, old.__code__)), None)
    if code is None:
        return None
    made = FunctionType(code, old.__globals__, old.__name__, old.__defaults__, old.__closure__)
    made.__kwdefaults__ = old.__kwdefaults__
    setattr(made, CONVERTED, {})  # AutoGraph would read the old text from the file
    return made


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _same(one: CodeType, other: CodeType) -> bool:
    return (one.co_qualname, one.co_firstlineno, one.co_freevars) == (
        other.co_qualname, other.co_firstlineno, other.co_freevars,
    )  # fmt: skip


def maker(layer: Any, method: Method, new: FunctionType, made: Callable[[Any], Any] | None) -> Callable[[], Any]:
    """Return a function that makes the layer with the new method."""
    cls = type(layer)
    kind: Any = type(cls.__name__, (cls,), {method.node.name: new, "__module__": cls.__module__})
    return (lambda: made(kind)) if made is not None else lambda: kind.from_config(layer.get_config())


def _names(statement: ast.AST) -> list[str]:
    found = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id != "self"]
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found += [node.attr, ast.unparse(node)]
    return found


def _axes_of_shape(method: Method) -> Iterator[_Other]:
    """Take another axis of the input's shape in `build`."""
    if method.node.name != "build" or len(method.node.args.args) < 2:
        return
    name = method.node.args.args[1].arg
    found: dict[int, list[ast.expr]] = {}
    for node in ast.walk(method.node):
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name) or node.value.id != name:
            continue
        written = _whole(node.slice)
        if written is not None:
            found.setdefault(written, []).append(node.slice)
    for written, nodes in found.items():
        for axis in (-1, *range(1, MOST_AXES + 1)):
            if axis != written:
                what = "the last axis" if axis == -1 else f"axis {axis}"
                yield _Other(
                    tuple(nodes), str(axis), f"take the size of {what} in `build`, not of axis {written}",
                    0.5 if axis == -1 else 0.7,
                )  # fmt: skip


def _axes_of_calls(method: Method) -> Iterator[_Other]:
    """Let an operation in `call` work along another axis."""
    if method.node.name != "call":
        return
    for node in ast.walk(method.node):
        if not isinstance(node, ast.keyword) or node.arg not in AXES:
            continue
        written = _whole(node.value)
        for axis in (-1, 1, 2) if written is not None else ():
            if axis != written:
                yield _Other((node.value,), str(axis), f"work along axis {axis}, not {written}", 0.8)


def _whole(node: ast.expr) -> int | None:
    """Return a whole number that is written out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _whole(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _sizes(failure: Failure, method: Method) -> Iterator[_Other]:
    """Take a size that is written as a number from a tensor that has another one there."""
    frames = [
        frame
        for frame in failure.evidence.frames
        if frame.source is method.source and frame.node is not None and method.source.owner(frame.node) is method.node
    ]
    if not frames:
        return
    tensors = list(_tensors(frames[-1].locals))
    known = {size for _, shape in tensors for size in shape[1:]}
    for node in ast.walk(method.node):
        size = node.value if isinstance(node, ast.Constant) and type(node.value) is int else None
        if size is None or size < 2 or not isinstance(node, ast.expr) or not _in_shape(method, node, size, known):
            continue
        offered: set[int] = set()
        for name, shape in tensors:
            if shape[-1] not in (None, size, *offered) and _bound_before(method, name, node):
                offered.add(shape[-1] or 0)
                text = f"{name}.shape[-1]"
                yield _Other((node,), text, f"take the size from `{name}`, in the place of {size}", 0.5)


def _in_shape(method: Method, node: ast.expr, size: int, known: set[int | None]) -> bool:
    """Return whether a number is the size of a tensor in the method, or stands in a display of sizes."""
    around = method.source.parent(node)
    return size in known or (isinstance(around, ast.Tuple | ast.List) and len(around.elts) > 1)


def _tensors(names: Any) -> Iterator[tuple[str, Shape]]:
    for name, value in list(names.items()):
        shape = specs.shape_of(value) if specs.kind_of(value) in ("keras", "symbolic", "eager") else None
        if shape is not None and len(shape) > 1:
            yield name, shape


def _bound_before(method: Method, name: str, node: ast.expr) -> bool:
    """Return whether a name has its value where an expression stands: a parameter, or bound once and sooner."""
    stores = [
        one
        for one in ast.walk(method.node)
        if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store)
    ]
    if not stores:
        return True
    return len(stores) == 1 and stores[0].lineno < node.lineno
