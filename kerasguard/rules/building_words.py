"""Phrases and facts that the rules about building a model share."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator

from kerasguard.adapters import wants
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.links import Link
from kerasguard.provenance.walk import number_home
from kerasguard.repairs.building import search as building
from kerasguard.repairs.building.refusal import Failure
from kerasguard.repairs.building.sites import Site
from kerasguard.repairs.candidate import Candidate
from kerasguard.rules import words
from kerasguard.rules.finding import Finding
from kerasguard.vocabulary import Expectation, Offender, Place, Shape, Step

MOST_NAMES = 8
MOST_LINES = 6


Matches = Callable[[Evidence], Finding | None]
Repairs = Callable[[Evidence, Finding], Iterator[Candidate]]


def refused_input(code: str, *, title: str, explanation: str, weight: float) -> tuple[Matches, Repairs]:
    """Return `matches` and `repairs` of a rule about a layer that refuses its input.

    Parameters
    ----------
    title
        The sentence, with ``{layer}`` and ``{given}`` for the layer and the shapes that reach it.
    """

    def matches(evidence: Evidence) -> Finding | None:
        """Match an input that is refused for this reason, decided by what would have been accepted."""
        failure = of_kind(evidence, code)
        if failure is None:
            return None
        sentence = title.replace("{layer}", layer_name(failure)).replace("{given}", shapes(failure))
        return finding(failure, code, title=sentence, explanation=explanation, weight=weight)

    def repairs(evidence: Evidence, finding: Finding) -> Iterator[Candidate]:
        """Propose the changes of the model that were accepted when it was rebuilt with them."""
        del finding
        yield from building.candidates(evidence, code)

    return matches, repairs


def of_kind(evidence: Evidence, code: str) -> Failure | None:
    """Return the refused input when it is the mistake `code`, or when a change of that kind was accepted."""
    failure = building.failure_of(evidence)
    if failure is None:
        return None
    if building.kind_of(failure) == code:
        return failure
    return failure if any(proposal.code == code for proposal, _ in building.search(failure)) else None


def layer_name(failure: Failure) -> str:
    """Return the refusing layer as a reader knows it."""
    operation = failure.step.operation
    if failure.nested:
        operation = failure.plan.goal
    kind = "model" if wants.is_model(operation) else "layer" if wants.is_layer(operation) else "operation"
    return f"{kind} {getattr(operation, 'name', type(operation).__name__)!r} ({type(operation).__name__})"


def shapes(failure: Failure) -> str:
    """Return the shapes that reach the layer, in words."""
    return " and ".join(words.shape(shape) for shape in failure.given) or "its input"


def finding(failure: Failure, code: str, *, title: str, explanation: str, weight: float) -> Finding:
    """Return the finding of a rule about a refused input."""
    primary = building.kind_of(failure) == code
    return Finding(
        title=title,
        explanation=explanation,
        offenders=tuple(offenders(failure, code)),
        expected=tuple(_expected(failure)),
        weight=weight if primary and not failure.on_data else weight / 2,
        cause=_left_open(failure) if code == "KG204" else None,
        lines=(*_of_turns(failure), *way(failure)),
    )


def _left_open(failure: Failure) -> Place | None:
    """Return the line of the one Input that leaves sizes open."""
    found = [step for step in failure.inputs() if step.shapes and None in (step.shapes[0] or ())[1:]]
    site = failure.site(found[0].operation) if len(found) == 1 else None
    return None if site is None else site.place


def offenders(failure: Failure, code: str) -> list[Offender]:
    """Return the tensors, layers and variables that a refused input is about."""
    found: dict[str, Offender] = {}

    def add(name: str, kind: str, shape: Shape | None = None) -> None:
        if name and name not in found:
            found[name] = Offender(name, kind, shape)

    for position, shape in enumerate(failure.given):
        node = failure.use(position)
        for name in _names(node):
            add(name, "variable", shape)
    operation = failure.plan.goal if failure.nested else failure.step.operation
    add(str(getattr(operation, "name", type(operation).__name__)), "layer")
    for slot, shape in zip(failure.step.slots, failure.given, strict=True):
        made = failure.plan.producer(slot)
        if made is not None:
            add(str(getattr(made.operation, "name", "")), "layer", shape)
    more = (building.names(failure, code), building.around(failure, code), _of_call(failure), _of_loop(failure))
    for name in itertools.chain(*more):
        add(name, "variable")
    return list(found.values())


def _names(node: ast.AST | None) -> list[str]:
    return [] if node is None else [one.id for one in ast.walk(node) if isinstance(one, ast.Name)][:MOST_NAMES]


def _of_call(failure: Failure) -> list[str]:
    """Return the names that the user's failing line uses and binds."""
    evidence = failure.evidence
    if evidence.site is None:
        return []
    frame = evidence.frames[evidence.site]
    statement = frame.source.at_line(frame.lineno) if frame.source is not None else None
    if statement is None or isinstance(getattr(statement, "body", None), list):
        statement = None if frame.node is None or isinstance(frame.node, ast.Module) else frame.node  # type: ignore[assignment]
    names = []
    for name in _names(statement):
        value = frame.locals.get(name, frame.globals.get(name))
        if not is_a(value, type) and type(value).__name__ not in ("module", "function", "LazyLoader"):
            names.append(name)
    return names


def _of_turns(failure: Failure) -> list[Step]:
    """Return the line that says how often the loop around the refusing layer runs, where that is another one."""
    site = failure.site(failure.step.operation) if wants.is_layer(failure.step.operation) else None
    loop = site.loop() if site is not None else None
    if site is None or loop is None:
        return []
    homes = [number_home(node, site.scope) for node in ast.walk(loop.iter) if isinstance(node, ast.Name)]
    return [Step(home.place, "the layers are made in a loop over this") for home in homes if home is not None][:1]


def _of_loop(failure: Failure) -> list[str]:
    """Return what the loop around the refusing layer runs over, through parameters to its home."""
    site = failure.site(failure.step.operation) if wants.is_layer(failure.step.operation) else None
    loop = site.loop() if site is not None else None
    if site is None or loop is None:
        return []
    names = []
    for node in ast.walk(loop.iter):
        if isinstance(node, ast.Name):
            names.append(node.id)
            home = number_home(node, site.scope)
            names += _bound(home)
    return names


def _bound(home: Link | None) -> list[str]:
    if home is None:
        return []
    names = [home.name] if home.name else []
    if isinstance(home.statement, ast.Assign):
        names += [target.id for target in home.statement.targets if isinstance(target, ast.Name)]
    return names


def _expected(failure: Failure) -> list[Expectation]:
    operation = failure.step.operation
    if failure.nested:
        shape = failure.step.shapes[0] if failure.step.shapes else None
        return [Expectation(str(operation.name), shape, None, f"the Input of {failure.plan.goal.name!r}")]
    if not wants.is_layer(operation):
        return []
    return [
        Expectation(want.name, want.display, want.dtype, want.why)
        for want in wants.layer_wants(operation, frozenset())
        if want.display is not None
    ]


def way(failure: Failure) -> list[Step]:
    """Return the lines that the tensor came along, from its Input on, one per line of the source."""
    steps: list[Step] = []
    for step in reversed(failure.upstream):
        site: Site | None = failure.site(step.operation) if wants.is_layer(step.operation) else None
        if site is None:
            continue
        shape = step.shapes[0] if step.shapes else None
        note = f"{type(step.operation).__name__} {step.operation.name!r} gives {words.shape(shape)}"
        place = site.place
        steps = [one for one in steps if (one.place.filename, one.place.row) != (place.filename, place.row)]
        steps.append(Step(place, note, shape))
    return steps[-MOST_LINES:]
