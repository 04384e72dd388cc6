"""An axis too few from the start: an Input without its channel or time axis, a backbone that ends in its classes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from kerasguard.adapters import specs, wants
from kerasguard.adapters.rebuild import Change
from kerasguard.adapters.rebuild_plan import Step
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import edits
from kerasguard.repairs.building.inputs import Declared, _names, arrays, declared, has_data_of
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import reads, value_of
from kerasguard.vocabulary import Edit, Place, Shape

TOP = "include_top"


def channel_axis(failure: Failure) -> Iterator[Proposal]:
    """Give an Input a last axis of size 1, where the layers on the way leave its shape as it is."""
    shape, rank = failure.shape, failure.wanted_rank
    if shape is None or rank != len(shape) + 1 or failure.merges or failure.nested or failure.from_data:
        return
    step = _unchanged(failure, shape)
    found = None if step is None else declared(failure, step)
    if step is None or found is None:
        return
    for text, node, source, place in _with_axis(found, "{}, 1"):
        yield Proposal(
            title="give the Input a last axis of size 1",
            change=Change(inputs={id(step.operation): (*shape, 1)}),
            edits=(edits.replace(source, node, text),),
            cost=1.15 if has_data_of(failure, shape[1:]) else 0.85,
            cause=place,
            names=_names(found.node, number_home(found.node, found.scope), found.site),
        )


def time_axis(failure: Failure) -> Iterator[Proposal]:
    """Give an Input its time axis, where a layer is to work on every step of it."""
    shape, wrapped = failure.shape, getattr(failure.step.operation, "layer", None)
    if shape is None or type(failure.step.operation).__name__ != "TimeDistributed" or not wants.is_layer(wrapped):
        return
    step = _unchanged(failure, shape)
    found = None if step is None else declared(failure, step)
    if step is None or found is None or found.site.kind not in ("Input", "InputLayer"):
        return
    steps = _frames(failure, shape)
    text = str(steps)
    for name, value in {**found.scope.globals, **found.scope.names}.items():
        if value is not None and type(value) is int and value == steps and not name.startswith("_"):
            text = name
    for new, node, source, place in _with_axis(found, f"{text}, {{}}"):
        yield Proposal(
            title="give the Input its time axis",
            change=Change(inputs={id(step.operation): (None, steps, *shape[1:])}),
            edits=(edits.replace(source, node, new),),
            cost=0.5,
            cause=place,
            names=_names(found.node, None, found.site),
        )
        break


def _unchanged(failure: Failure, shape: Shape) -> Step | None:
    """Return the Input from which a tensor comes in one line, with its shape as it was."""
    made = failure.plan.producer(failure.step.slots[0]) if failure.step.slots else None
    while made is not None and not made.is_input:
        if len(made.slots) != 1 or not made.shapes or made.shapes[0] != shape:
            return None
        made = failure.plan.producer(made.slots[0])
    return made if made is not None and made.shapes and made.shapes[0] == shape else None


def _with_axis(found: Declared, pattern: str) -> Iterator[tuple[str, ast.expr, SourceFile, Place]]:
    """Yield a shape with one more entry: where it is written when nobody else reads it, else in the Input's call."""
    home = number_home(found.node, found.scope)
    node, source, place = found.node, found.site.source, found.site.place
    if home is not None and home.node is not node and isinstance(home.node, ast.Tuple | ast.List):
        count = len(reads(home.source, home.name, home.scope.owner)) if home.name else 0
        if count <= 1:
            around = home.source.place(home.node)
            node, source, place = home.node, home.source, around
    if isinstance(node, ast.Tuple | ast.List) and node.elts:
        inner = pattern.format(", ".join(source.segment(item) for item in node.elts))
        yield (f"({inner})" if isinstance(node, ast.Tuple) else f"[{inner}]"), node, source, place
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        yield f"({pattern.format('*' + source.segment(node))})", node, source, place


def _frames(failure: Failure, shape: Shape) -> int | None:
    """Return how many frames the program's data has of this shape."""
    for _, value in arrays(failure):
        found = specs.shape_of(value) or ()
        if len(found) == len(shape) + 1 and found[2:] == shape[1:]:
            return found[1]
    return None


def without_top(failure: Failure) -> Iterator[Proposal]:
    """Leave out the classifier at the end of a ready-made network, where its feature map is wanted."""
    rank = failure.wanted_rank
    if rank is None or failure.shape is None or len(failure.shape) >= rank or not failure.step.slots:
        return
    made = failure.plan.producer(failure.step.slots[0])
    site = None if made is None or not wants.is_layer(made.operation) else failure.site(made.operation)
    if made is None or site is None:
        return
    function = value_of(site.call.func, site.scope)
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return
    if TOP not in parameters or not str(getattr(function, "__module__", "")).startswith(("keras", "tf_keras")):
        return
    left_out: dict[int, None] = {}
    step: Step | None = made
    while step is not None and step.shapes and len(step.shapes[0] or ()) != rank and len(step.slots) == 1:
        left_out[id(step.operation)] = None
        step = failure.plan.producer(step.slots[0])
    written: tuple[Edit, ...] = (edits.set_argument(site.source, site.call, TOP, "False"),)
    yield Proposal(
        title="build the network without its classifier",
        change=Change(instead=left_out),
        edits=written,
        cost=0.3,
        cause=site.place,
        names=(TOP, site.kind),
    )
