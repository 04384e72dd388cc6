"""Changes of numbers for a layer of the user's own: those it is made with, and the size of what it is given."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

from kerasguard.adapters import specs, wants
from kerasguard.adapters.rebuild import Change, rebuild
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.inputs import has_data_of, resized_inputs
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.building.sites import home_of
from kerasguard.repairs.building.sizes import sized
from kerasguard.repairs.failing import call_at

MOST_TRIED = 12
MOST_DIVISOR = 16


def _is_own(failure: Failure) -> bool:
    layer = failure.step.operation
    return wants.is_layer(layer) and not wants.is_keras(type(layer)) and not wants.is_model(layer)


def own_numbers(failure: Failure) -> Iterator[Proposal]:
    """Make the layer with another number, one that its input has."""
    layer = failure.step.operation
    site = failure.site(layer) if _is_own(failure) else None
    call = None if site is None else call_at(site.call, site.scope)
    if site is None or call is None or not call.complete or call.function is not type(layer):
        return
    try:
        bound = inspect.signature(type(layer)).bind(*call.args, **call.kwargs)
    except (TypeError, ValueError):
        return
    given = set(bound.arguments)
    bound.apply_defaults()
    tried = 0
    for name, value in bound.arguments.items():
        if type(value) is not int:
            continue
        for count, new in enumerate(_instead(failure, value)):
            tried += 1
            change = Change(made={id(one): _maker(one, bound, name, new) for one in failure.group(layer)})
            if tried > MOST_TRIED or not rebuild(failure.plan, change, traced=failure.traced).accepted:
                continue
            written = writing.with_argument(site, name, str(new))
            if written is not None:
                node = site.argument(name)
                home = None if node is None else home_of(node, site.scope)
                yield Proposal(
                    title=f"make {layer.name!r} with {name}={new}, not {value}",
                    change=change,
                    edits=written,
                    cost=0.6 + 0.05 * count + (0.0 if name in given else 0.05),
                    cause=site.place,
                    exact=node is None or isinstance(node, ast.Constant),
                    names=(layer.name, name, *((home.name,) if home is not None and home.name else ())),
                )
                break


def _instead(failure: Failure, value: int) -> Iterator[int]:
    """Yield the numbers that may be meant: sizes of the input, the nearest first, and what divides them."""
    sizes = [size for shape in failure.given for size in (shape or ())[1:] if size is not None]
    known = dict.fromkeys([*sizes[::-1], *([math.prod(sizes)] if sizes else [])])
    last = sizes[-1] if sizes else 1
    divisors = [one for one in range(1, MOST_DIVISOR + 1) if last % one == 0]
    divisors.sort(key=lambda one: abs(one - value))
    yield from (one for one in dict.fromkeys([*known, *divisors]) if one != value)


def _maker(layer: Any, bound: inspect.BoundArguments, name: str, value: int) -> Callable[[], Any]:
    settings = {**bound.arguments, name: value}
    again = inspect.BoundArguments(bound.signature, settings)
    return lambda: type(layer)(*again.args, **again.kwargs)


def fed_numbers(failure: Failure) -> Iterator[Proposal]:
    """Give the layer an input of the size that it was made for."""
    if not _is_own(failure) or not failure.step.slots or failure.shape is None:
        return
    slot, shape = failure.step.slots[0], failure.shape
    made = failure.plan.producer(slot)
    for count, number in enumerate(_numbers(failure.step.operation, shape[-1])):
        if made is not None and made.is_input:
            if failure.from_data or has_data_of(failure, shape[1:]):
                return
            new = (*shape[:-1], number)
            for one in resized_inputs(failure, made, new):
                yield Proposal(
                    title=f"let the Input give {failure.step.operation.name!r} {number} entries",
                    change=Change(inputs={id(made.operation): new}),
                    edits=one.edits,
                    cost=0.95 + 0.02 * count,
                    cause=one.place,
                    names=one.names,
                )
        else:
            yield from sized(failure, slot, number, 0.7 + 0.02 * count)


def _numbers(layer: Any, size: int | None) -> list[int]:
    """Return the sizes that a layer knows: in its attributes, its weights, its specification of inputs."""
    held = [value for value in vars(layer).values() if type(value) is int]
    weights = [shape for weight in specs.read(layer, "weights") or () if (shape := specs.shape_of(weight))]
    wanted = [want.display or () for want in wants.layer_wants(layer, frozenset())]
    found = [*(one for shape in wanted for one in shape), *(shape[0] for shape in weights if len(shape) > 1), *held]
    return [one for one in dict.fromkeys(found) if isinstance(one, int) and one > 1 and one != size][:MOST_TRIED]
