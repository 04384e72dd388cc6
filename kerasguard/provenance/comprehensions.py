"""What a comprehension makes: item by item when they are few, of one kind when they are many."""

from __future__ import annotations

import ast
from typing import Any

from kerasguard.provenance.abstract import MAX_LIST, TURNS, Budget, known_items, truth_of
from kerasguard.provenance.interpret import Run
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.values import UNKNOWN, Ghost, element, ghost_of


def comprehension(node: Any, scope: Scope, budget: Budget) -> Any:
    """Return the list that a comprehension makes: item by item when they are few, of one kind when they are many."""
    names = dict(scope.names) if not scope.live else {}
    inner = Scope(scope.source, scope.owner, names, scope.globals, live=False, outer=scope, modules=scope.modules)
    inner.recording = budget.recording
    elements: list[Any] = []
    most = budget.turns()
    budget.loops += 1
    try:
        exact = _turns(node, list(node.generators), Run(inner, budget), elements, most)
    finally:
        budget.loops -= 1
    if isinstance(node, ast.DictComp):
        keys_known = exact and all(isinstance(key, str | int | float) for key, _ in elements)
        return budget.own(dict(elements)) if keys_known else UNKNOWN
    if exact:
        return budget.own(elements) if isinstance(node, ast.ListComp) else elements
    ghost = ghost_of(elements[0]) if elements else None
    return UNKNOWN if ghost is None or ghost.shape is None else Ghost((None, *ghost.shape), ghost.dtype, "list")


def _turns(node: Any, generators: list[ast.comprehension], turn: Run, elements: list[Any], most: int) -> bool:
    """Fill `elements`; return False when their number is not known."""
    if not generators:
        if isinstance(node, ast.DictComp):
            elements.append((turn.value(node.key), turn.value(node.value)))
        else:
            elements.append(turn.value(node.elt))
        return True
    generator, rest = generators[0], generators[1:]
    iterable = turn.value(generator.iter)
    items = known_items(iterable)
    exact = items is not None
    if items is None:
        items = [element(iterable, "*")]
    count = len(items)
    before = len(elements)
    shown = items if count <= most else items[:1]
    for item in shown:
        turn.assign(generator.target, item)
        truths = [truth_of(turn.value(test)) for test in generator.ifs]
        if any(truth is None for truth in truths):
            exact = False
        elif not all(truths):
            continue
        exact = _turns(node, rest, turn, elements, min(most, TURNS[1])) and exact
    made = len(elements) - before
    if count > most and made:
        if generator.ifs or made * count > MAX_LIST:
            return False
        elements += elements[before:] * (count - 1)
    return exact
