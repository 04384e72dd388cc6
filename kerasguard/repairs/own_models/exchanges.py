"""Two arguments of the call that makes the user's own model, each given in the place of the other."""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from kerasguard.adapters import specs
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.repairs import edits
from kerasguard.repairs.failing import FailingCall
from kerasguard.repairs.own_models import remade
from kerasguard.repairs.own_models.remade import Maker
from kerasguard.vocabulary import Edit

MOST_PAIRS = 6


@dataclass(frozen=True)
class Exchange:
    """Two arguments of a call, and what came of the trial with each in the place of the other."""

    maker: Maker
    first: ast.expr
    second: ast.expr
    outcome: Outcome

    @property
    def texts(self) -> tuple[str, str]:
        """The two arguments as they are written."""
        return self.maker.call.source.segment(self.first), self.maker.call.source.segment(self.second)

    @property
    def edits(self) -> tuple[Edit, Edit]:
        """Each written where the other stands."""
        source, (one, other) = self.maker.call.source, self.texts
        return edits.replace(source, self.first, other), edits.replace(source, self.second, one)


def exchange_of(evidence: Evidence) -> Exchange | None:
    """Return the two numbers that make the failing call work when they are exchanged; asked once.

    One of them is a size of what the model was given; the likeliest pair is tried first.
    """
    held = vars(evidence)
    if "_exchange_of_arguments" not in held:
        held["_exchange_of_arguments"] = next(_accepted(evidence), None)
    found: Exchange | None = held["_exchange_of_arguments"]
    return found


def _accepted(evidence: Evidence) -> Iterator[Exchange]:
    maker = remade.maker_of(evidence)
    if maker is None:
        return
    pairs = sorted(_pairs(evidence, maker.call), key=lambda pair: not pair.crossed)
    for pair in pairs[:MOST_PAIRS]:
        args, kwargs = list(maker.call.args), dict(maker.call.kwargs)
        for (place, _, _), (_, _, new) in itertools.permutations(pair.arguments):
            if isinstance(place, int):
                args[place] = new
            else:
                kwargs[place] = new
        trial = remade.tried(evidence, args=tuple(args), kwargs=kwargs)
        outcome = trial() if trial is not None else None
        if outcome is not None and outcome.accepted:
            yield Exchange(maker, pair.arguments[0][1], pair.arguments[1][1], outcome)


class _Pair(NamedTuple):
    """Two arguments (place, expression, value), and whether one is named as the parameter of the other."""

    arguments: tuple[tuple[int | str, ast.expr, int], ...]
    crossed: bool


def _pairs(evidence: Evidence, call: FailingCall) -> Iterator[_Pair]:
    try:
        names = list(inspect.signature(call.function).parameters)
    except (TypeError, ValueError):
        return
    sizes = set(_sizes(evidence))
    for both in itertools.combinations(call.nodes(), 2):
        values = {value for _, _, value in both if type(value) is int}
        if len(values) < len(both) or not sizes & values:
            continue
        passed = [(_parameter(at, names), node) for at, node, _ in both]
        if any(_is_named(node, name) for name, node in passed):
            continue  # a variable that is called like its parameter stands where it belongs
        yield _Pair(both, any(_is_named(node, name) for (name, _), (_, node) in itertools.permutations(passed)))


def _parameter(at: int | str, names: list[str]) -> str:
    return at if isinstance(at, str) else names[at] if at < len(names) else ""


def _is_named(node: ast.expr, parameter: str) -> bool:
    """Return whether an expression ends in a name that is the parameter's, or nearly so."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    one, other = (text.lower().replace("_", "") for text in (name, parameter))
    return bool(one) and one == other


def _sizes(evidence: Evidence) -> Iterator[Any]:
    """Yield the sizes, but for the batch axis, of what was given to the model and to the layers that were called."""
    given = [one.shape for one in evidence.everything]
    given += [specs.shape_of(leaf) for call in evidence.layer_calls for _, leaf in specs.leaves(call.inputs)]
    for shape in given:
        yield from (size for size in (shape or ())[1:] if size is not None)
