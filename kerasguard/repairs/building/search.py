"""A layer refused its input while a model was built: which one small change of the model would have been accepted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Built, Change, New, WrongInputShape, rebuild
from kerasguard.adapters.rebuild_plan import Plan, Slot, Step, is_data_input, leaves
from kerasguard.adapters.trial import Outcome
from kerasguard.deadline import Deadline
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.arguments import into_display
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import node_at, source_of
from kerasguard.repairs.building.plans import plan_of, symbolic
from kerasguard.repairs.building.sites import Site, site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.operations.inside import inside_of
from kerasguard.vocabulary import Applicability, Edit, Place, Shape

MOST_TRIES = 30
MOST_ACCEPTED = 3
SECONDS = 1.4
LARGER = 8  # times larger inputs tell whether a size had become too small
DATA_FIRST = 0.6  # where data meets an unbuilt model, a small change of the data is the likelier repair
AS_GOOD = 0.25  # what two accepted changes may differ in cost and still be a choice between equals
SOME = 64  # a size for a dimension that the user left open
STATES = ("initial_state", "constants")


@dataclass(frozen=True)
class Proposal:
    """One change of the model, with its edit of the source and the mistake that it mends."""

    title: str
    change: Change
    edits: tuple[Edit, ...]
    cost: float
    code: str = ""
    cause: Place | None = None
    exact: bool = False
    names: tuple[str, ...] = ()
    applicability: Applicability = "safe"


@dataclass(eq=False)
class Failure:
    """What is known of a refused input: the plan that leads to it, and where the unmodified plan stops."""

    evidence: Evidence
    plan: Plan
    control: Built
    traced: bool
    _sites: dict[int, Site | None] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        """The step that refuses."""
        return self.plan.steps[self.index]

    @property
    def index(self) -> int:
        """Its index in the plan."""
        return self.control.step if self.control.step is not None else self.plan.failing

    @cached_property
    def given(self) -> tuple[Shape | None, ...]:
        """The shapes that reach the refusing step."""
        return tuple(self.control.shapes.get(slot) for slot in self.step.slots)

    @property
    def shape(self) -> Shape | None:
        """The first of them."""
        return self.given[0] if self.given else None

    @property
    def merges(self) -> bool:
        """Whether the step brings several tensors together."""
        states = any(name in self.step.kwargs for name in STATES) or hasattr(self.step.operation, "return_sequences")
        return len(set(self.step.slots)) > 1 and not states

    @property
    def nested(self) -> bool:
        """Whether the Input of a nested model refuses."""
        return isinstance(self.control.error, WrongInputShape) and not self.from_data

    @property
    def from_data(self) -> bool:
        """Whether it is data, not another layer, that reaches the refusing step."""
        made = [self.plan.producer(slot) for slot in self.step.slots]
        return bool(made) and all(one is not None and is_data_input(one.operation) for one in made)

    @property
    def on_data(self) -> bool:
        """Whether the model was being built on data, not by the user's own lines."""
        call = self.evidence.call
        return call is not None and not symbolic([call.x])

    @cached_property
    def wanted_rank(self) -> int | None:
        """The rank that the layer's own specification fixes."""
        if not wants.is_layer(self.step.operation) or self.merges:
            return None
        for want in wants.layer_wants(self.step.operation, frozenset()):
            if want.min_rank is not None and want.min_rank == want.max_rank:
                return want.min_rank
        return None

    def site(self, layer: Any) -> Site | None:
        """Return where a layer is made."""
        key = id(layer)
        if key not in self._sites:
            self._sites[key] = site_of(self.evidence, layer)
        return self._sites[key]

    def group(self, layer: Any) -> list[Any]:
        """Return the plan's layers that the same call of the source makes."""
        site = self.site(layer)
        found: dict[int, Any] = {}
        for step in self.plan.steps:
            other = self.site(step.operation) if wants.is_layer(step.operation) else None
            if step.operation is layer or (site is not None and other is not None and other.call is site.call):
                found[id(step.operation)] = step.operation
        return list(found.values())

    @cached_property
    def upstream(self) -> list[Step]:
        """The steps before the refusing one, nearest first."""
        return list(self.plan.upstream(self.step))

    def inputs(self) -> Iterator[Step]:
        """Yield the steps that declare the inputs of the user's model."""
        for step in self.plan.steps[: self.index + 1]:
            if step.is_input:
                yield step

    @cached_property
    def use_call(self) -> tuple[ast.Call, Scope] | None:
        """The user's call of the refusing layer on tensors, where it is written out."""
        evidence = self.evidence
        if evidence.event.entry not in ("call", "op") or evidence.site_call is None or evidence.site is None:
            return None
        if self.step.operation is not evidence.event.owner and evidence.event.entry == "call" and not self.nested:
            return None
        return evidence.site_call, evidence.scopes[evidence.site]

    @property
    def _operator(self) -> ast.BinOp | None:
        """The user's arithmetic on tensors that is refused."""
        evidence = self.evidence
        node = evidence.frames[evidence.site].node if evidence.site is not None else None
        return node if isinstance(node, ast.BinOp) and evidence.event.entry in ("call", "op") else None

    def called_at(self, step: Step) -> Place | None:
        """Return the line on which a layer was called on symbolic tensors, as recorded; its last call."""
        for node in reversed(getattr(step.operation, "_inbound_nodes", ())):
            origin = origin_of(node)
            located = None if origin is None else node_at(*origin.stack[0])
            if located is not None:
                return statement_place(located[0], located[1])
        return None

    def any_site(self) -> Site | None:
        """Return the nearest layer's constructor call in the file of the failing call."""
        evidence = self.evidence
        source = evidence.scopes[evidence.site].source if evidence.site is not None else None
        for step in (self.step, *self.upstream):
            site = self.site(step.operation) if wants.is_layer(step.operation) else None
            if site is not None and site.source is source and not site.kind.startswith("Input"):
                return site
        return None

    def use(self, position: int) -> ast.expr | None:
        """Return the expression of the tensor at a position among those that reach the refusing step."""
        operator = self._operator
        if operator is not None:
            return (operator.left, operator.right)[position] if position < 2 else None
        if self.use_call is None:
            return None
        paths = [path for path, leaf in leaves([list(self.step.args), dict(self.step.kwargs)]) if is_a(leaf, Slot)]
        if position >= len(paths):
            return None
        call, scope = self.use_call
        path = list(paths[position])
        if path[0] == 1:
            node = next((k.value for k in call.keywords if k.arg == path[1]), None)
        elif path[1] < len(call.args):
            node = call.args[path[1]]
        else:
            node = None
        if node is None:
            return None
        found, rest = into_display(node, tuple(path[2:]))
        if rest and isinstance(found, ast.Name):
            from kerasguard.provenance.arguments import resolve_path

            found, inner, rest = resolve_path(found, scope, rest)
            if inner.source is not scope.source:
                return None
        return None if rest else found


def failure_of(evidence: Evidence) -> Failure | None:
    """Return the refused input that an error is about, or None where it is about something else; asked once."""
    held = vars(evidence)
    if "_building" not in held:
        held["_building"] = _failure(evidence)
    found: Failure | None = held["_building"]
    return found


def _failure(evidence: Evidence) -> Failure | None:
    if isinstance(evidence.event.error, NameError | ImportError | OSError | KeyboardInterrupt):
        return None
    planned = plan_of(evidence)
    if planned is None:
        return None
    plan, traced = planned
    control = rebuild(plan, traced=traced)
    if control.error is None or control.step is None or control.step < plan.failing:
        return None  # the unmodified plan must fail at the failing call, or trials prove nothing
    return Failure(evidence, plan, control, traced)


def kind_of(failure: Failure) -> str:
    """Return the code of the mistake, decided by what the layer would have taken."""
    held = vars(failure)
    if "_kind" not in held:
        held["_kind"] = _kind(failure)
    return str(held["_kind"])


def _kind(failure: Failure) -> str:
    if failure.from_data:
        return ""
    operation = failure.step.operation
    inside = inside_of(failure.evidence)
    if inside is not None and inside.layer is operation:
        return "KG211"
    if failure.nested:
        return "KG207"
    if hasattr(operation, "return_sequences") and len(failure.step.slots) > 1:
        return "KG208"
    if hasattr(operation, "target_shape"):
        return "KG205"
    if failure.merges:
        return "KG202"
    if _accepts(failure, Change(own=frozenset({failure.index}))):
        return "KG207"
    if any(None in (shape or (None,))[1:] for shape in failure.given) and _accepts(failure, _closed(failure)):
        return "KG204"
    if failure.shape and len(failure.shape) > 2 and _accepts(failure, _larger(failure)):
        return "KG203"
    return "KG201"


def _accepts(failure: Failure, change: Change) -> bool:
    return rebuild(failure.plan, change, traced=failure.traced).accepted


def _closed(failure: Failure) -> Change:
    inputs = {}
    for step in failure.inputs():
        shape = step.shapes[0] if step.shapes else None
        if shape and None in shape[1:]:
            inputs[id(step.operation)] = (shape[0], *(SOME if size is None else size for size in shape[1:]))
    return Change(inputs=inputs)


def _larger(failure: Failure) -> Change:
    inputs = {}
    for step in failure.inputs():
        shape = step.shapes[0] if step.shapes else None
        if shape and len(shape) > 2:
            grown = (size * LARGER if size is not None else None for size in shape[1:-1])
            inputs[id(step.operation)] = (shape[0], *grown, shape[-1])
    return Change(inputs=inputs)


def search(failure: Failure) -> list[tuple[Proposal, Built]]:
    """Return the proposals that are accepted, the smallest first; asked once."""
    held = vars(failure)
    if "_found" not in held:
        held["_found"] = _search(failure)
    found: list[tuple[Proposal, Built]] = held["_found"]
    return found


def _search(failure: Failure) -> list[tuple[Proposal, Built]]:
    from kerasguard.repairs.building import families

    waiting = sorted(families.proposals(failure), key=lambda one: one.cost)
    found: list[tuple[Proposal, Built]] = []
    so_far: list[tuple[Proposal, Built]] = []  # what helps here, though not for all that the program goes on with
    until = Deadline.within(SECONDS)
    for tried, proposal in enumerate(waiting):
        if tried >= MOST_TRIES or until.passed() or len(found) >= MOST_ACCEPTED:
            break
        built = rebuild(failure.plan, proposal.change, traced=failure.traced)
        if built.accepted:
            found.append((proposal, built))
        elif built.step is not None and failure.plan.steps[built.step].again:
            so_far.append((replace(proposal, exact=False), built))
    return found or so_far[:MOST_ACCEPTED]


def candidates(evidence: Evidence, code: str) -> Iterator[Candidate]:
    """Yield the accepted changes that mend the mistake `code`."""
    failure = failure_of(evidence)
    if failure is None:
        return
    found = search(failure)
    for proposal, built in found:
        if (proposal.code or kind_of(failure)) == code:
            yield Candidate(
                title=proposal.title,
                edits=proposal.edits,
                cost=proposal.cost + (DATA_FIRST if failure.on_data else 0.0),
                check=lambda built=built: _outcome(failure, built),  # type: ignore[misc]
                cause=proposal.cause,
                exact=proposal.exact,
                applicability="unsafe" if _is_a_choice(proposal, [one for one, _ in found]) else proposal.applicability,
            )


def _is_a_choice(proposal: Proposal, accepted: list[Proposal]) -> bool:
    """Return whether other edits are as good: each makes a model that computes something else, and the user has to say.

    An Input's shape that counts the samples, say, has no rival; padding, a projection, a resize of one side have.
    """
    rivals = (one for one in accepted if one is not proposal and one.edits != proposal.edits)
    return any(abs(one.cost - proposal.cost) <= AS_GOOD for one in rivals)


def _outcome(failure: Failure, built: Built) -> Outcome:
    shapes = [built.shapes.get(slot) for slot in failure.plan.results]
    name = getattr(failure.plan.goal, "name", "the layer")
    note = f"rebuilt on specs: {name!r} gives {', '.join(map(str, shapes))}"
    return Outcome(accepted=True, note=note, output_shapes=list(shapes))


def names(failure: Failure, code: str) -> tuple[str, ...]:
    """Return the names that the accepted changes of a mistake bring in."""
    found: dict[str, None] = {}
    for proposal, _ in search(failure):
        if (proposal.code or kind_of(failure)) == code:
            found.update(dict.fromkeys(proposal.names))
    return tuple(found)


def around(failure: Failure, code: str) -> tuple[str, ...]:
    """Return the names that the lines which the accepted changes blame bind and pass."""
    found: dict[str, None] = {}
    for proposal, _ in search(failure):
        if (proposal.code or kind_of(failure)) != code or proposal.cause is None:
            continue
        source = source_of(proposal.cause.filename)
        statement = None if source is None else source.at_line(proposal.cause.row)
        if statement is None or isinstance(getattr(statement, "body", None), list):
            continue
        targets = getattr(statement, "targets", [])
        passed = [arg for node in ast.walk(statement) if isinstance(node, ast.Call) for arg in node.args]
        for node in (*targets, *passed):
            if isinstance(node, ast.Name):
                found[node.id] = None
    return tuple(found)


__all__ = [
    "Change",
    "Failure",
    "New",
    "Proposal",
    "around",
    "candidates",
    "failure_of",
    "kind_of",
    "names",
    "search",
]
