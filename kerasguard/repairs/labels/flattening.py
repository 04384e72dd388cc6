"""A model whose output keeps positions that its labels do not have: where a Flatten or a pooling is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import losses, rebuild_plan, specs
from kerasguard.adapters.rebuild import Change, New, rebuild
from kerasguard.adapters.rebuild_plan import Plan, Step
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.layers import all_but_last
from kerasguard.repairs.building.sites import Site, site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Edit, Shape

ENTRIES = ("fit", "evaluate", "train_on_batch", "test_on_batch")
VECTOR, VOLUME = 2, 5


@dataclass(eq=False)
class Unflattened:
    """What is known of such a model.

    Attributes
    ----------
    step
        The step before which positions should have been left: the first layer with units that meets them.
    recurrent
        The last layer that returns all its time steps, where one does.
    """

    evidence: Evidence
    plan: Plan
    step: Step
    shape: Shape
    output: Shape
    labels: Shape
    recurrent: Step | None = None

    @property
    def site(self) -> Site | None:
        """Where the layer to look at first is made."""
        layer = (self.recurrent or self.step).operation
        return site_of(self.evidence, layer)


def unflattened_of(evidence: Evidence) -> Unflattened | None:
    """Return what is known of a model of one input and one output that keeps positions; asked once."""
    held = vars(evidence)
    if "_unflattened" not in held:
        held["_unflattened"] = _unflattened(evidence)
    found: Unflattened | None = held["_unflattened"]
    return found


def _number_steps(model: Any, labels: Shape) -> bool:
    """Return whether the labels number a class for each of several positions."""
    heads = losses.heads(model)
    return len(labels) == VECTOR and labels[1] not in (1, None) and len(heads) == 1 and heads[0].sparse


def _unflattened(evidence: Evidence) -> Unflattened | None:
    call = evidence.call
    if call is None or evidence.event.entry not in ENTRIES or len(evidence.given) != 1:
        return None
    labels = [one.shape for one in evidence.everything if one.slot == "y"]
    given, graph = evidence.given[0].shape, rebuild_plan.graph_of(call.owner)
    if len(labels) != 1 or not labels[0] or not given or graph is None or len(graph.outputs) != 1:
        return None
    output = specs.shape_of(graph.outputs[0])
    if output is None or len(output) <= VECTOR or len(labels[0]) > VECTOR or _number_steps(call.owner, labels[0]):
        return None
    plan = rebuild_plan.plan_of_model(call.owner, [((None, *given[1:]), evidence.given[0].spec.dtype)])
    if plan is None:
        return None
    built = rebuild(plan)
    if not built.accepted:
        return None
    recurrent = _returning_all(plan)
    for step in plan.steps:
        shape = built.shapes.get(step.slots[0]) if step.slots else None
        if hasattr(step.operation, "units") and shape is not None and len(shape) > VECTOR and not _recurrent(step):
            return Unflattened(evidence, plan, step, shape, output, labels[0], recurrent)
    if recurrent is None:
        return None
    shape = built.shapes.get(recurrent.slots[0])
    return None if shape is None else Unflattened(evidence, plan, recurrent, shape, output, labels[0], recurrent)


def _recurrent(step: Step) -> bool:
    return hasattr(step.operation, "return_sequences")


def _returning_all(plan: Plan) -> Step | None:
    """Return the last layer that returns all its time steps."""
    made = plan.producer(plan.results[0]) if plan.results else None
    for step in [made, *plan.upstream(made)] if made is not None else []:
        if getattr(step.operation, "return_sequences", None) is True:
            return step
    return None


def last_only(found: Unflattened) -> Iterator[Candidate]:
    """Let the last recurrent layer return its last output only."""
    if found.recurrent is None:
        return
    layer = found.recurrent.operation
    site = site_of(found.evidence, layer)
    if site is None:
        return
    wrapped = site.inner is not None and hasattr(layer, "forward_layer")
    text = "False"
    more: tuple[Edit, ...] = ()
    if site.origin.turn > 1 and site.loop() is not None:
        conditional = all_but_last(site)
        if conditional is None:
            return
        text, more = conditional
    written = writing.with_argument(site, "return_sequences", text, inner=wrapped)
    if written is not None:
        value: dict[str, Any] = {"return_sequences": False}
        change = Change(settings={id(layer): {"inner": value} if wrapped else value})
        yield Candidate(
            title=f"let {layer.name!r} return only its last output",
            edits=(*written, *more),
            cost=0.5,
            check=lambda: _fits(found, change),
            cause=site.place,
            exact=False,
        )


def inserted(found: Unflattened) -> Iterator[Candidate]:
    """Put Flatten, or a global pooling, before that layer."""
    if found.step is found.recurrent:
        return
    site = site_of(found.evidence, found.step.operation)
    if site is None:
        return
    choices = [(0.7, "flatten", New("Flatten"))]
    if len(found.shape) <= VOLUME:
        choices.append((0.9, "pool globally", New(f"GlobalAveragePooling{len(found.shape) - 2}D")))
    for cost, title, new in choices:
        written = writing.before(site, _applied_to(site), (new,))
        if written is not None:
            yield Candidate(
                title=f"{title} before {found.step.operation.name!r}",
                edits=written,
                cost=cost,
                check=lambda new=new: _fits(found, _before(found, new)),  # type: ignore[misc]
                cause=site.place,
                exact=False,
            )


def _applied_to(site: Site) -> ast.expr | None:
    """Return the tensor that the layer is called on where it is made."""
    around = site.source.parent(site.call)
    return around.args[0] if isinstance(around, ast.Call) and around.func is site.call and around.args else None


def _before(found: Unflattened, new: New) -> Change:
    index = found.plan.steps.index(found.step)
    return Change(before={(index, found.step.slots[0]): (new,)})


def _fits(found: Unflattened, change: Change) -> Outcome:
    built = rebuild(found.plan, change)
    shape: Any = built.shapes.get(found.plan.results[0])
    if not built.accepted or shape is None or len(shape) != VECTOR:
        return Outcome(accepted=False, error=built.error, note="the model cannot be built that way")
    return Outcome(accepted=True, note=f"rebuilt on specs: the model gives {shape}", output_shapes=[shape])
