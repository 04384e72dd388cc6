"""A layer refused its input while a model was built: which one small change of the model would have been accepted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from kerasguard.adapters.rebuild import Built, Change, rebuild
from kerasguard.adapters.trial import Outcome
from kerasguard.deadline import Deadline
from kerasguard.evidence import Evidence
from kerasguard.provenance.source import source_of
from kerasguard.repairs.building import families
from kerasguard.repairs.building.plans import plan_of
from kerasguard.repairs.building.refusal import Failure, Proposal
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.operations.inside import inside_of

MOST_TRIES = 30
MOST_ACCEPTED = 3
SECONDS = 1.4
LARGER = 8  # times larger inputs tell whether a size had become too small
DATA_FIRST = 0.6  # where data meets an unbuilt model, a small change of the data is the likelier repair
AS_GOOD = 0.25  # what two accepted changes may differ in cost and still be a choice between equals
SOME = 64  # a size for a dimension that the user left open


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
