"""The names behind the operands of an operation that failed, and the one that is most likely wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kerasguard.adapters import wants
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.walk import chain
from kerasguard.repairs.operations.clashes import Clash, Side
from kerasguard.vocabulary import Offender, Place

MOST_NAMES = 10


def odd_side(clash: Clash) -> Side:
    """Return the side with the fewest axes; of sides with equally many the one that no layer made, else the last."""
    fewest = min(len(side.shape) for side in clash.sides)
    short = [side for side in clash.sides if len(side.shape) == fewest]
    if len(short) == 1:
        return short[0]
    return next((side for side in reversed(short) if _layer_names(clash, side)), short[-1])


def from_layers(clash: Clash) -> bool:
    """Return whether one side is known to come from a layer or model; else both may be data or labels."""
    return any(_layer_names(clash, side) for side in clash.sides)


def offenders(clash: Clash) -> Iterator[Offender]:
    """Yield the operands, the names in them, and the layers and models that they come from."""
    found: dict[str, Offender] = {}
    for side in clash.sides:
        text = " ".join(clash.source.segment(side.node).split())
        found.setdefault(text, Offender(text, "tensor", side.shape))
        for node in ast.walk(side.node):
            if isinstance(node, ast.Name) and node.id != "self":
                found.setdefault(node.id, Offender(node.id, "variable"))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                found.setdefault(node.attr, Offender(node.attr, "variable"))
        for name in _layer_names(clash, side):
            found.setdefault(name, Offender(name, "layer"))
    known = {
        name for name in found if name not in clash.scope.globals or not hasattr(clash.scope.globals[name], "__path__")
    }
    yield from [one for name, one in found.items() if name in known][:MOST_NAMES]


def _layer_names(clash: Clash, side: Side) -> list[str]:
    budget = Budget(nodes=10_000, seconds=0.1)
    found: list[str] = []
    for link in chain(side.node, clash.scope, (), budget):
        if isinstance(link.node, ast.Call):
            called = evaluate(link.node.func, link.scope, budget)
            if wants.is_layer(called):
                found.append(str(called.name))
                break
    return found


def birth(clash: Clash) -> Place | None:
    """Return no line of its own: where no repair tells, the operation itself is to blame."""
    from kerasguard.repairs.failing import statement_place

    return statement_place(clash.source, clash.node)
