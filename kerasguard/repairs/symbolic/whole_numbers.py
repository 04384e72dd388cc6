"""A float where Keras wants a size: which argument it is, and where the number is computed."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, symbolic
from kerasguard.adapters.trial import Outcome
from kerasguard.adapters.trial_graph import Undecidable
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.arguments import into_display
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.steps import sources
from kerasguard.provenance.walk import number_home
from kerasguard.repairs import edits
from kerasguard.repairs.building.sites import site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.coming import coming
from kerasguard.repairs.failing import FailingCall, call_at, failing_call, is_live, statement_place
from kerasguard.repairs.graph.layer_calls import is_layer_class
from kerasguard.repairs.symbolic.replay import called_next
from kerasguard.vocabulary import Edit, Offender, Place

RETURNED = "returned"  # the note of a link into a helper
DEEPEST = 8
SMALLEST = 1.0  # a rate is smaller, a size is not


@dataclass(frozen=True)
class Fraction:
    """A float among the arguments of a constructor.

    Attributes
    ----------
    where
        Position or keyword of the argument.
    path
        Leads from the argument to the number: empty, or an index into a shape.
    """

    call: FailingCall
    where: str | int
    node: ast.expr
    path: tuple[int, ...]
    value: float

    @property
    def name(self) -> str:
        """The parameter that it is given for."""
        return _parameter(self.call.function, self.where)


def fractions(evidence: Evidence) -> list[Fraction]:
    """Return the floats with which a constructor of Keras fails and without which it does not; asked once."""
    held = vars(evidence)
    if "_fractions" not in held:
        held["_fractions"] = _found(evidence)
    found: list[Fraction] = held["_fractions"]
    return found


def _found(evidence: Evidence) -> list[Fraction]:
    for call, inputs in _constructors(evidence):
        floats = list(_floats(call))
        for chosen in [[one] for one in floats] + ([floats] if len(floats) > 1 else []):
            if _tried(call, chosen, inputs).accepted:
                return chosen
    return []


def _constructors(evidence: Evidence) -> Iterator[tuple[FailingCall, Any]]:
    """Yield the failing constructor, and those of failing layers with what these were called on."""
    call = failing_call(evidence)
    if call is not None and evidence.event.entry == "none" and _constructs(call.function):
        yield call, None
    for one in evidence.layer_calls[::-1]:
        site = site_of(evidence, one.layer)
        made = None if site is None else call_at(site.call, site.scope)
        if made is not None and made.function is type(one.layer) and one.inputs is not None:
            yield made, one.inputs


def _constructs(function: Any) -> bool:
    return is_layer_class(function) or (
        getattr(function, "__name__", "") == "Input" and symbolic.flavour(function) is not None
    )


def _floats(call: FailingCall) -> Iterator[Fraction]:
    for where, node, value in call.nodes():
        if is_a(value, list | tuple):
            for index, item in enumerate(value):
                if _is_size(item):
                    yield Fraction(call, where, node, (index,), item)
        elif _is_size(value):
            yield Fraction(call, where, node, (), value)


def _is_size(value: Any) -> bool:
    return is_a(value, float) and SMALLEST <= value < float("inf")


def _tried(call: FailingCall, chosen: Iterable[Fraction], inputs: Any) -> Outcome:
    """Make the layer with whole numbers, and call it on what it was called on."""
    args, kwargs = list(call.args), dict(call.kwargs)
    for one in chosen:
        held: Any = args if isinstance(one.where, int) else kwargs
        held[one.where] = _whole(held[one.where], one.path)
    root = symbolic.flavour(call.function)

    def run() -> Any:
        if not all(map(is_live, (*args, *kwargs.values()))):
            raise Undecidable("an argument is not known")
        made = call.function(*args, **kwargs)
        return called_next(call, made) if inputs is None else made(inputs)

    return symbolic.attempt(run, [leaf for _, leaf in specs.leaves(inputs)] if inputs is not None else [], root)


def _whole(value: Any, path: tuple[int, ...]) -> Any:
    if not path:
        return int(value)
    return type(value)(int(item) if index == path[0] else item for index, item in enumerate(value))


def _parameter(function: Any, where: str | int) -> str:
    if isinstance(where, str):
        return where
    try:
        names = [name for name in inspect.signature(function).parameters if name != "self"]
    except (TypeError, ValueError):
        return str(where)
    return names[where] if where < len(names) else str(where)


def is_division(fraction: Fraction) -> bool:
    """Return whether the number is what a true division gives."""
    return _division(_home(fraction)[0]) is not None


def place(fraction: Fraction) -> Place:
    """Return the line on which the number is computed."""
    node, _, source = _home(fraction)
    return statement_place(source, node)


def names(fraction: Fraction) -> Iterator[Offender]:
    """Yield the names that the argument is written with, functions included, and those that it is computed from."""
    parts = [*ast.walk(fraction.node), *ast.walk(_home(fraction)[0])]
    for name in dict.fromkeys(part.id for part in parts if isinstance(part, ast.Name)):
        yield Offender(name, "variable")


def _home(fraction: Fraction) -> tuple[ast.expr, Scope, SourceFile]:
    """Return the computation or literal that the number comes from; the argument itself where that is not known."""
    call = fraction.call
    found = _born(number_home(fraction.node, call.scope, fraction.path))
    if found is not None:
        return found.node, found.scope, found.source
    node, rest = into_display(fraction.node, fraction.path)
    return (fraction.node if rest else node), call.scope, call.source


def _born(home: Link | None) -> Link | None:
    """Follow the home of a float into helpers of the user's, and into the operand that makes a computation a float."""
    for _ in range(DEEPEST):
        following = None
        if home is not None and isinstance(home.node, ast.Call):
            given = [one for one in sources(home) if one.note == RETURNED]
            following = given[0] if len(given) == 1 else None
        elif home is not None and isinstance(home.node, ast.BinOp) and _division(home.node) is None:
            values = [(part, evaluate(part, home.scope)) for part in (home.node.left, home.node.right)]
            floats = [part for part, value in values if is_a(value, float)]
            whole = all(value.is_integer() for _, value in values if is_a(value, float))
            same = len({ast.dump(part) for part in floats}) == 1
            following = number_home(floats[0], home.scope) if same and whole else None
        if following is None or isinstance(following.node, ast.Constant):
            break
        home = following
        if isinstance(home.node, ast.Name | ast.Attribute | ast.Subscript):
            home = number_home(home.node, home.scope, home.path)
    return home if home is not None and not home.path else None


def _division(node: ast.expr) -> ast.BinOp | None:
    return node if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) else None


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose a whole number where the number is computed, and likewise in the calls to come."""
    found = fractions(evidence)
    if not found:
        return
    written: dict[tuple[str, tuple[int, int]], Edit] = {}
    for one in found:
        node, scope, source = _home(one)
        whole_argument = bool(one.path) and node is one.node and not isinstance(node, ast.Tuple | ast.List)
        edit = edits.wrap(source, node, "tuple(map(int, {}))") if whole_argument else _written(node, scope, source)
        written.setdefault((edit.filename, edit.start), edit)
    own = list(written.values())
    others = list(_others(evidence, found))
    for edit in (one for one in others if one is not None):
        written.setdefault((edit.filename, edit.start), edit)
    inputs = next((one.inputs for one in evidence.layer_calls[::-1] if _makes(found[0], one.layer)), None)
    yield Candidate(
        title="divide without a remainder" if all("//" in one.content for one in own) else "make it a whole number",
        edits=tuple(written.values()),
        cost=0.5,
        check=lambda: _tried(found[0].call, found, inputs),
        cause=place(found[0]),
        exact=not others,
    )


def _makes(fraction: Fraction, layer: Any) -> bool:
    return fraction.call.function is type(layer)


def _written(node: ast.expr, scope: Scope, source: SourceFile) -> Edit:
    """Write a number as a whole one: another division where both sides are whole, the literal, else ``int(...)``."""
    division = _division(node)
    if division is not None and all(is_a(evaluate(one, scope), int) for one in (division.left, division.right)):
        left, right = source.place(division.left), source.place(division.right)
        start, end = (left.end_row, left.end_column), (right.row, right.column)
        between = source.text[source.offset(*start) : source.offset(*end)]
        return Edit(source.filename, start, end, between.replace("/", "//", 1))
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return edits.replace(source, node, str(int(node.value)))
    return edits.wrap(source, node, "int({})")


def _others(evidence: Evidence, found: list[Fraction]) -> Iterator[Edit | None]:
    """Yield the edits for the same parameters in the constructors to come; None for another one that may be a size."""
    names, homes = {one.name for one in found}, [_home(one)[0] for one in found]
    for one in coming(evidence):
        function = evaluate(one.node.func, one.scope)
        if not _constructs(function):
            continue
        given = [*enumerate(one.node.args), *((keyword.arg, keyword.value) for keyword in one.node.keywords)]
        for where, node in given:
            value = evaluate(node, one.scope)
            divided = _division(node) is not None and not is_a(value, int)
            home = _born(number_home(node, one.scope)) if divided or _is_size(value) else None
            if where is None or home is None or home.node in homes:
                continue
            if _parameter(function, where) in names:
                yield _written(home.node, home.scope, home.source)
            elif _is_size(value) and value.is_integer():
                yield None
