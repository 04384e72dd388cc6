"""Mistakes in the arguments of `Input`: data in place of a shape, a number, arguments that exclude each other."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from kerasguard.adapters import specs, symbolic
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.values import Ghost, shape_of
from kerasguard.repairs import edits
from kerasguard.repairs.building.sites import site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import FailingCall, call_at, delete_argument, failing_call, is_live
from kerasguard.repairs.symbolic.replay import called_next
from kerasguard.vocabulary import Edit, Shape

DATA = frozenset({"numpy", "eager", "variable", "ragged", "sparse", "dataframe"})
TELLING = frozenset({"shape", "batch_shape", "tensor", "type_spec", "input_tensor", "input_shape", "batch_input_shape"})
Argument = tuple[str | int, ast.expr, Any]


def input_call(evidence: Evidence) -> FailingCall | None:
    """Return the failing call when it makes an Input."""
    call = failing_call(evidence)
    if call is None:
        return None
    name = getattr(call.function, "__name__", "")
    return call if name in ("Input", "InputLayer") and symbolic.flavour(call.function) is not None else None


def data_argument(evidence: Evidence) -> tuple[FailingCall, Argument] | None:
    """Return the failing Input and the data among its arguments."""
    call = input_call(evidence)
    if call is None:
        return None
    for where, node, value in call.nodes():
        kind = value.kind if isinstance(value, Ghost) else specs.kind_of(value)
        if kind in DATA and _shape(value) and where in (0, "shape", "tensor", "batch_shape", "input_tensor"):
            return call, (where, node, value)
    return None


def shapeless(evidence: Evidence) -> FailingCall | None:
    """Return the failing Input when nothing that it was given tells a shape."""
    call = input_call(evidence)
    if call is None or any(keyword.arg is None for keyword in call.node.keywords) or len(call.args) > 1:
        return None
    told = [value for where, _, value in call.nodes() if where == 0 or where in TELLING]
    return call if all(value is None for value in told) else None


def of_the_data(evidence: Evidence, call: FailingCall) -> Iterator[Candidate]:
    """Propose the shape of the samples: of the first array of the program, where all that follow it are its labels."""
    arrays = [
        (name, value)
        for name, value in call.scope.names.items()
        if specs.kind_of(value) in DATA and len(_shape(value) or ()) > 1 and not name.startswith("_")
    ]
    if not arrays or any(len(_shape(value) or ()) > 2 for _, value in arrays[1:]):
        return
    name, value = arrays[0]
    shape = (_shape(value) or ())[1:]
    if call.node.args or evidence.event.entry not in ("none", "call"):
        return
    kwargs = {**call.kwargs, "shape": shape}
    text = f"{name}.shape[1:]"
    yield Candidate(
        title=f"give it the shape of a sample of `{name}`",
        edits=(edits.set_argument(call.source, call.node, "shape", text),),
        cost=1.0,
        check=_made(call, (), kwargs),
        cause=call.place,
        exact=False,
        applicability="unsafe",
    )


def _shape(value: Any) -> Shape | None:
    return shape_of(value) if isinstance(value, Ghost) else specs.shape_of(value)


def of_its_shape(call: FailingCall, argument: Argument) -> Iterator[Candidate]:
    """Propose an Input of the shape and dtype of the data."""
    where, node, value = argument
    source, text = call.source, call.source.segment(node)
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
        text = f"({text})"
    shape = f"shape={text}.shape[1:]"
    given = {one for one, _, _ in call.nodes()}
    dtype = value.dtype if isinstance(value, Ghost) else specs.dtype_of(value)
    if dtype is not None and not dtype.startswith("float") and "dtype" not in given:
        shape += f', dtype="{dtype}"'
    target: ast.AST = node if isinstance(where, int) else next(k for k in call.node.keywords if k.arg == where)
    row, column, end_row, end_column = source.span(target)
    written: list[Edit] = [Edit(source.filename, (row, column), (end_row, end_column), shape)]
    dropped = {where}
    if where != "shape" and "shape" in given:
        keyword = next(k for k in call.node.keywords if k.arg == "shape")
        gone = delete_argument(source, call.node, keyword.value)
        if gone is None:
            return
        written.append(gone)
        dropped.add("shape")
    kwargs = {name: one for name, one in call.kwargs.items() if name not in dropped}
    kwargs["shape"] = (_shape(value) or ())[1:]
    if dtype is not None and not dtype.startswith("float"):
        kwargs.setdefault("dtype", dtype)
    yield Candidate(
        title=f"make the Input from the shape of {text}",
        edits=tuple(written),
        cost=1.0,
        check=_made(call, (), kwargs),
        cause=call.place,
    )


def _made(call: FailingCall, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[], Outcome] | None:
    if not all(is_live(value) for value in (*args, *kwargs.values())):
        return None
    root = symbolic.flavour(call.function)
    return lambda: symbolic.attempt(lambda: called_next(call, call.function(*args, **kwargs)), [], root)


def number_argument(evidence: Evidence) -> tuple[FailingCall, Argument] | None:
    """Return the failing call of a Keras constructor, and the number it got where a shape belongs."""
    call = failing_call(evidence)
    if call is None or symbolic.flavour(call.function) is None:
        return None
    for layer in _first_layers(evidence):
        made = site_of(evidence, layer)
        inner = None if made is None else call_at(made.call, made.scope)
        if inner is not None:
            call = inner
    name = getattr(call.function, "__name__", "")
    shapes = {"Input": ("shape", "batch_shape"), "InputLayer": ("shape", "batch_shape", "input_shape")}
    wanted = (*shapes.get(name, ()), "input_shape", "target_shape")
    first = name in ("Input", "InputLayer", "Reshape")
    for where, node, value in call.nodes():
        if (where in wanted or (where == 0 and first)) and isinstance(value, int) and not isinstance(value, bool):
            return call, (where, node, value)
    return None


def _first_layers(evidence: Evidence) -> Iterator[Any]:
    """Yield the layers given to a Sequential that were told a number for the shape of their input."""
    if evidence.event.entry in ("sequential", "add"):
        for _, leaf in specs.leaves([list(evidence.event.args), dict(evidence.event.kwargs)]):
            if isinstance(specs.read(leaf, "_input_shape_arg"), int):
                yield leaf


def as_tuple(call: FailingCall, argument: Argument) -> Iterator[Candidate]:
    """Propose the tuple of that one number."""
    where, node, value = argument
    args = tuple((value,) if index == where else one for index, one in enumerate(call.args))
    kwargs = {name: (value,) if name == where else one for name, one in call.kwargs.items()}
    yield Candidate(
        title="write the shape as a tuple",
        edits=(edits.replace(call.source, node, f"({call.source.segment(node)},)"),),
        cost=1.0,
        check=_made(call, args, kwargs),
        cause=call.place,
        applicability="safe",
    )
