"""Changes of numbers: a Reshape's target, the units that feed it, sizes that must agree."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters.rebuild import Change
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import edits
from kerasguard.repairs.building.inputs import _names
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import value_of
from kerasguard.vocabulary import Shape

MOST_NUMBER = 64
SIZES = ("units", "filters")


def reshape_target(failure: Failure) -> Iterator[Proposal]:
    """Make a Reshape's target hold as many entries as its input."""
    layer, shape = failure.step.operation, failure.shape
    target = getattr(layer, "target_shape", None)
    site = failure.site(layer)
    if target is None or shape is None or site is None or None in shape[1:]:
        return
    node = site.argument("target_shape")
    if node is None:
        return
    total = math.prod(size or 1 for size in shape[1:])
    home = number_home(node, site.scope)
    where, scope, source = node, site.scope, site.source
    if home is not None and isinstance(home.node, ast.Tuple | ast.List):
        where, scope, source = home.node, home.scope, home.source
    place = home.place if home is not None and where is home.node else site.place
    layers = failure.group(layer)
    for count, (value, text) in enumerate(_targets(where, scope, source, tuple(target), shape[1:])):
        yield Proposal(
            title=f"reshape to {value}, which holds the {total} entries there are",
            change=Change(settings={id(one): {"target_shape": value} for one in layers}),
            edits=(edits.replace(source, where, text),),
            cost=0.6 + 0.1 * count,
            code="KG205",
            cause=place,
            names=(*_names(where, home, site), layer.name),
        )


def _targets(
    node: ast.expr, scope: Scope, source: SourceFile, target: tuple[int, ...], given: Shape
) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield targets with the right total: one constant of the expression changed, or one size computed by Reshape."""
    total = math.prod(size or 1 for size in given)
    if isinstance(node, ast.Tuple | ast.List):
        yield from _without_batch(node, source, target, total)
        found = [one for one in _with_another_constant(node, scope, source) if _total(one[0]) == total]
        found.sort(
            key=lambda one: (
                -sum(size in given for size in one[0]),
                sum(abs(a - b) for a, b in zip(one[0], target, strict=False)),
            )
        )
        for value, text, _ in found[:2]:
            yield value, text
    rest = [
        (axis, math.prod(size for other, size in enumerate(target) if other != axis)) for axis in range(len(target))
    ]
    for axis, others in rest:
        if others > 0 and total % others == 0 and -1 not in target:
            value = (*target[:axis], total // others, *target[axis + 1 :])
            if isinstance(node, ast.Tuple | ast.List) and axis < len(node.elts):
                parts = [source.segment(item) for item in node.elts]
                parts[axis] = str(total // others)
                inner = ", ".join(parts) + ("," if len(parts) == 1 else "")
                yield value, f"({inner})"
    if len(target) == len(given):
        yield tuple(size or 1 for size in given), str(tuple(given))
    elif len(target) == 2 and len(given) == 3:
        value = (given[0] or 1, (given[1] or 1) * (given[2] or 1))
        yield value, str(value)


def _total(value: tuple[int, ...]) -> int:
    return math.prod(value) if all(size > 0 for size in value) else 0


def _with_another_constant(
    node: ast.expr, scope: Scope, source: SourceFile
) -> Iterator[tuple[tuple[int, ...], str, int]]:
    """Yield the values and texts of an expression with one of its whole numbers, wherever it occurs, replaced."""
    constants = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and type(one.value) is int]
    for old in dict.fromkeys(int(one.value) for one in constants):  # type: ignore[arg-type]  # whole numbers only
        for new in (*range(MOST_NUMBER + 1), old * 2, old * 4):
            if new == old:
                continue
            value = _computed(node, scope, {old: new})
            if isinstance(value, tuple) and all(isinstance(size, int) for size in value):
                yield value, _written(node, source, old, new), new


def _computed(node: ast.expr, scope: Scope, numbers: dict[int, int]) -> Any:
    """Return the value of arithmetic with some whole numbers replaced; None where it cannot be computed."""
    if isinstance(node, ast.Constant):
        return numbers.get(node.value, node.value) if type(node.value) is int else node.value
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(_computed(item, scope, numbers) for item in node.elts)
    if isinstance(node, ast.BinOp):
        left, right = _computed(node.left, scope, numbers), _computed(node.right, scope, numbers)
        if not isinstance(left, int) or not isinstance(right, int):
            return None
        try:
            return _OPERATORS[type(node.op)](left, right)
        except (KeyError, ArithmeticError):
            return None
    value = value_of(node, scope)
    return value if isinstance(value, int) else None


def _power(left: int, right: int) -> int:
    if not 0 <= right <= 16:
        raise ArithmeticError
    return int(left**right)


_OPERATORS: dict[type[ast.operator], Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: _power,
}


def _written(node: ast.expr, source: SourceFile, old: int, new: int) -> str:
    """Return the text of the expression with one number replaced; what is added or subtracted as 0 is left out."""
    start = source.span(node)
    base = source.offset(start[0], start[1])
    text = source.segment(node)
    parts: list[tuple[int, int, str]] = []
    for one in ast.walk(node):
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add | ast.Sub) and new == 0 and _is(one.right, old):
            row, column, end_row, end_column = source.span(one)
            _, _, left_row, left_column = source.span(one.left)
            parts.append((source.offset(left_row, left_column) - base, source.offset(end_row, end_column) - base, ""))
        elif _is(one, old):
            row, column, end_row, end_column = source.span(one)
            parts.append((source.offset(row, column) - base, source.offset(end_row, end_column) - base, str(new)))
    done = len(text) + 1
    for begin, end, new_text in sorted(parts, key=lambda part: (-part[1], part[0])):
        if end <= done:
            text = text[:begin] + new_text + text[end:]
            done = begin
    return text


def _without_batch(
    node: ast.Tuple | ast.List, source: SourceFile, target: tuple[int, ...], total: int
) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield the target without its first sizes, where the others hold all entries: these count the samples."""
    for count in range(1, len(target)):
        rest = target[count:]
        if math.prod(rest) == total and -1 not in rest and len(node.elts) == len(target):
            text = ", ".join(source.segment(one) for one in node.elts[count:])
            yield rest, f"({text},)" if len(rest) == 1 else f"({text})"
            return


def _is(node: ast.AST, value: int) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == value


def reshape_source(failure: Failure) -> Iterator[Proposal]:
    """Let the layer before a Reshape give as many entries as its target holds."""
    target, shape = getattr(failure.step.operation, "target_shape", None), failure.shape
    if target is None or shape is None or -1 in target or len(shape) != 2:
        return
    yield from sized(failure, failure.step.slots[0], math.prod(target), 0.85)


def sized(failure: Failure, slot: int, size: int, cost: float) -> Iterator[Proposal]:
    """Give the layer that decides a tensor's last axis another size there."""
    made = failure.plan.producer(slot)
    for step in [made, *failure.plan.upstream(made)] if made is not None else []:
        layer = step.operation
        argument = next((name for name in SIZES if isinstance(getattr(layer, name, None), int)), None)
        if argument is None:
            if step.shapes and step.slots and _last(step.shapes[0]) != _last(failure.control.shapes.get(step.slots[0])):
                return
            continue
        site = failure.site(layer)
        node = None if site is None else site.argument(argument)
        if site is None or node is None:
            return
        home = number_home(node, site.scope)
        constant = home is not None and isinstance(home.node, ast.Constant)
        where, source = (home.node, home.source) if home is not None and constant else (node, site.source)
        yield Proposal(
            title=f"let {layer.name!r} give {size} entries",
            change=Change(settings={id(one): {argument: size} for one in failure.group(layer)}),
            edits=(edits.replace(source, where, str(size)),),
            cost=cost,
            cause=home.place if home is not None and constant else site.place,
            names=(*_names(node, home, site), layer.name),
        )
        return


def _last(shape: Shape | None) -> int | None:
    return shape[-1] if shape else None


def units(failure: Failure) -> Iterator[Proposal]:
    """Make the sizes agree of tensors that meet: merged ones, a state and its layer."""
    layer = failure.step.operation
    shapes = failure.given
    if hasattr(layer, "return_sequences") and len(shapes) > 1:
        last = {_last(shape) for shape in shapes[1:]}
        size = last.pop() if len(last) == 1 else None
        site = failure.site(layer)
        node = site.argument("units") if site is not None else None
        if size and site is not None and node is not None and getattr(layer, "units", size) != size:
            yield Proposal(
                title=f"give {layer.name!r} as many units as its state has",
                change=Change(settings={id(layer): {"units": size}}),
                edits=(edits.replace(site.source, node, str(size)),),
                cost=0.7,
                code="KG208",
                cause=site.place,
                names=(layer.name,),
            )
        return
    if not failure.merges or len(shapes) != 2 or None in shapes:
        return
    one, other = shapes
    if one is None or other is None or len(one) != len(other) or one[:-1] != other[:-1]:
        return
    for cost, slot, size in ((0.8, failure.step.slots[0], other[-1]), (0.85, failure.step.slots[1], one[-1])):
        if size is not None and not hasattr(layer, "axis"):
            yield from sized(failure, slot, size, cost)
