"""Changes of steps and windows: a shortcut that strides as the main way does, poolings that leave more positions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters.rebuild import Change, rebuild
from kerasguard.adapters.rebuild_plan import Step
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import edits
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import Site, value_of
from kerasguard.vocabulary import Edit, Shape

MOST_POOL = 8


def strided(failure: Failure) -> Iterator[Proposal]:
    """Give the layer on one of the merged ways the strides that the other way has."""
    if not failure.merges or len(failure.given) != 2:
        return
    for large, small in ((0, 1), (1, 0)):
        ratio = _ratio(failure.given[large], failure.given[small])
        if ratio is None:
            continue
        model = next((step for step in _way(failure, small) if _strides(step) == ratio), None)
        for step in _way(failure, large):
            if _strides(step) == 1:
                yield from _with_strides(failure, step, model, ratio)
                break


def _ratio(large: Shape | None, small: Shape | None) -> int | None:
    """Return how many times larger one tensor is along every axis between batch and channels."""
    if large is None or small is None or len(large) != len(small) or len(large) < 3:
        return None
    ratios = set()
    for a, b in zip(large[1:-1], small[1:-1], strict=True):
        if not a or not b or a <= b:
            return None
        ratios.add(-(-a // b))
    return ratios.pop() if len(ratios) == 1 else None


def _way(failure: Failure, position: int) -> Iterator[Step]:
    """Yield the steps on one way into the merge, nearest first, that are not on the other way."""
    slots = failure.step.slots
    made = [failure.plan.producer(slot) for slot in slots]
    here, there = made[position], made[1 - position]
    if here is None or there is None:
        return
    shared = {id(there), *(id(step) for step in failure.plan.upstream(there))}
    for step in (here, *failure.plan.upstream(here)):
        if id(step) not in shared:
            yield step


def _strides(step: Step) -> int | None:
    """Return the one stride of a layer with windows, None where it has none or several."""
    layer = step.operation
    if not hasattr(layer, "kernel_size") and not hasattr(layer, "pool_size"):
        return None
    found = getattr(layer, "strides", None)
    values = set(found) if isinstance(found, tuple | list) else {found}
    value = values.pop() if len(values) == 1 else None
    return value if isinstance(value, int) else None


def _with_strides(failure: Failure, step: Step, model: Step | None, ratio: int) -> Iterator[Proposal]:
    layer = step.operation
    site = failure.site(layer)
    if site is None:
        return
    group, settings, text = failure.group(layer), {id(layer): {"strides": ratio}}, str(ratio)
    named = None if model is None else _same_name(failure, site, model)
    if named is not None and model is not None:
        others = failure.group(model.operation)
        if len(others) == len(group):
            text = named
            settings = {id(one): {"strides": other.strides} for one, other in zip(group, others, strict=True)}
    if len(settings) < len(group):
        settings = {id(one): {"strides": ratio} for one in group}
    written = writing.with_argument(site, "strides", text)
    if written is not None:
        yield Proposal(
            title=f"let {layer.name!r} take steps of {text}, as the other way does",
            change=Change(settings=settings),
            edits=written,
            cost=0.55,
            cause=site.place,
            names=(layer.name,),
        )


def _same_name(failure: Failure, site: Site, model: Step) -> str | None:
    """Return the name that the other way's strides are given by, where the same function makes both layers."""
    other = failure.site(model.operation)
    node = None if other is None else other.argument("strides")
    if other is None or not isinstance(node, ast.Name):
        return None
    return node.id if other.source is site.source and other.scope.owner is site.scope.owner else None


def smaller_pools(failure: Failure) -> Iterator[Proposal]:
    """Pool fewer positions at a time, as many as leave room for all that follows."""
    if failure.merges or failure.nested or failure.from_data:
        return
    seen: set[int] = set()
    for step in (failure.step, *failure.upstream):
        layer = step.operation
        size = _one(getattr(layer, "pool_size", None))
        site = failure.site(layer) if size is not None else None
        if site is None or size is None or id(site.call) in seen:
            continue
        seen.add(id(site.call))
        node = site.argument("pool_size")
        stepped = site.argument("strides")
        if node is None or (stepped is not None and _one(getattr(layer, "strides", None)) == size):
            continue
        for smaller in range(min(size - 1, MOST_POOL), 1, -1):
            more = {} if stepped is not None else {"strides": smaller}
            settings = {id(one): {"pool_size": smaller, **more} for one in failure.group(layer)}
            if rebuild(failure.plan, Change(settings=settings), traced=failure.traced).accepted:
                written, names = _number(site, node, size, smaller)
                yield Proposal(
                    title=f"pool {smaller} positions at a time, not {size}",
                    change=Change(settings=settings),
                    edits=(written,),
                    cost=0.95,
                    cause=site.place,
                    names=(layer.name, *names),
                )
                break


def _one(value: Any) -> int | None:
    values = set(value) if isinstance(value, tuple | list) else {value}
    found = values.pop() if len(values) == 1 else None
    return found if isinstance(found, int) else None


def _number(site: Site, node: ast.expr, old: int, new: int) -> tuple[Edit, tuple[str, ...]]:
    """Write a number at its home where it is a constant, else in the call."""
    home = number_home(node, site.scope)
    if home is not None and isinstance(home.node, ast.Constant) and value_of(home.node, home.scope) == old:
        return edits.replace(home.source, home.node, str(new)), (home.name,) if home.name else ()
    return edits.replace(site.source, node, str(new)), ()
