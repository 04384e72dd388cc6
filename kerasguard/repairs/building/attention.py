"""Attention whose keys and values are sequences of unequal length: both are taken from one of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters.rebuild import Change
from kerasguard.adapters.rebuild_plan import Slot, leaves
from kerasguard.provenance.access import is_a
from kerasguard.repairs import edits
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.failing import delete_argument, statement_place
from kerasguard.vocabulary import Edit

ROLES = ("query", "value", "key")


def one_sequence(failure: Failure) -> Iterator[Proposal]:
    """Take keys and values from the same tensor: the one that was computed from the other first."""
    places = _places(failure)
    if "value" not in places or "key" not in places or failure.use_call is None:
        return
    shapes = {role: failure.given[place] for role, place in places.items()}
    key, value = shapes["key"], shapes["value"]
    if key is None or value is None or len(key) != len(value) or key[1:-1] == value[1:-1]:
        return
    for kept, changed in (("value", "key"), ("key", "value")):
        written = _written(failure, places, kept, changed)
        if written is None:
            continue
        kept_node = failure.use(places[kept])
        source = failure.use_call[1].source
        assert source is not None  # noqa: S101 - it was written
        assert kept_node is not None  # noqa: S101 - it was written
        yield Proposal(
            title=f"take keys and values from the same sequence, `{source.segment(kept_node)}`",
            change=Change(rewired={(failure.index, places[changed]): failure.step.slots[places[kept]]}),
            edits=written,
            cost=0.5 if _comes_from(failure, places[kept], places[changed]) else 0.55 if kept == "value" else 0.6,
            cause=statement_place(source, failure.use_call[0]),
            exact=True,
        )


def _places(failure: Failure) -> dict[str, int]:
    """Return which of the tensors that reach the layer is its query, value and key."""
    layer: Any = failure.step.operation
    try:
        order = [name for name in inspect.signature(layer.call).parameters if name in ROLES]
    except (TypeError, ValueError, AttributeError):
        return {}
    found = {}
    paths = [path for path, leaf in leaves([list(failure.step.args), dict(failure.step.kwargs)]) if is_a(leaf, Slot)]
    for place, path in enumerate(paths):
        names = order or ROLES  # a layer that takes them in one list has them in this order
        if path[0] == 1:
            role = path[1] if path[1] in ROLES else None
        else:
            index = path[-1] if not order and len(path) > 2 else path[1] if order and len(path) == 2 else None
            role = names[index] if isinstance(index, int) and index < len(names) else None
        if role is not None:
            found[str(role)] = place
    return found if order or hasattr(layer, "use_scale") else {}


def _written(failure: Failure, places: dict[str, int], kept: str, changed: str) -> tuple[Edit, ...] | None:
    """Write the same expression for both; keys that are the values need not be said."""
    assert failure.use_call is not None  # noqa: S101 - asked before
    call, scope = failure.use_call
    one, other = failure.use(places[kept]), failure.use(places[changed])
    if one is None or other is None or scope.source is None:
        return None
    if changed == "key" and other in [keyword.value for keyword in call.keywords]:
        gone = delete_argument(scope.source, call, other)
        return None if gone is None else (gone,)
    return (edits.replace(scope.source, other, scope.source.segment(one)),)


def _comes_from(failure: Failure, one: int, other: int) -> bool:
    """Return whether a tensor was computed from another one."""
    made, source = (failure.plan.producer(failure.step.slots[place]) for place in (one, other))
    return made is not None and source is not None and any(step is source for step in failure.plan.upstream(made))
