"""A model whose output has another height, width or length than its labels: how to bring it to their size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import rebuild_plan, wants
from kerasguard.adapters.rebuild import Change, New, rebuild
from kerasguard.adapters.rebuild_plan import Plan, Step
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.repairs import edits, settings
from kerasguard.repairs.building import writing
from kerasguard.repairs.building.sites import Site, site_of
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit, Shape

SEQUENCE, VOLUME = 3, 5
MOST_LAYERS = 12


@dataclass(eq=False)
class Missized:
    """An output and its labels, the plan of the model on the data, and the step that makes the output."""

    evidence: Evidence
    pair: Pair
    plan: Plan
    last: Step
    output: Shape
    wanted: Shape

    @property
    def resizing(self) -> list[Step]:
        """The layers that change the size, nearest to the output first."""
        names = ("pool_size", "strides", "size", "padding", "cropping")
        return [
            step
            for step in (self.last, *self.plan.upstream(self.last))
            if wants.is_layer(step.operation) and any(hasattr(step.operation, name) for name in names)
        ]


def missized_of(evidence: Evidence) -> Missized | None:
    """Return what is known of an output that agrees with its labels in all but the spatial sizes; asked once."""
    held = vars(evidence)
    if "_missized" not in held:
        held["_missized"] = _missized(evidence)
    found: Missized | None = held["_missized"]
    return found


def _missized(evidence: Evidence) -> Missized | None:
    found = demands.pairs(evidence)
    call = evidence.call
    if len(found) != 1 or call is None or len(evidence.given) != 1 or found[0].head.sparse:
        return None
    given, shape = evidence.given[0], found[0].given.shape
    if not given.shape or shape is None or None in shape[1:] or not SEQUENCE <= len(shape) <= VOLUME:
        return None
    plan = rebuild_plan.plan_of_model(call.owner, [((None, *given.shape[1:]), given.spec.dtype)])
    if plan is None or len(plan.results) != 1:
        return None
    built = rebuild(plan)
    output, last = built.shapes.get(plan.results[0]), plan.producer(plan.results[0])
    if not built.accepted or output is None or last is None or None in output[1:] or len(output) != len(shape):
        return None
    if output[-1] != shape[-1] or output[1:] == shape[1:]:
        return None
    return Missized(evidence, found[0], plan, last, output, (None, *shape[1:]))


def candidates(found: Missized) -> Iterator[Candidate]:
    """Propose as many steps as the labels have, padding where a layer has none, else a border cut off or added."""
    yield from _repeated(found)
    yield from _padded(found)
    yield from _trimmed(found)


def _repeated(found: Missized) -> Iterator[Candidate]:
    """Repeat a vector as often as the labels have steps."""
    steps = found.wanted[1]
    for step in (found.last, *found.plan.upstream(found.last)):
        layer = step.operation
        site = site_of(found.evidence, layer) if type(layer).__name__ == "RepeatVector" else None
        node = site.argument("n") if site is not None else None
        if site is None or node is None or steps is None or len(found.wanted) != SEQUENCE:
            continue
        text = settings.beside(node, site.scope, steps) or str(steps)
        change = Change(settings={id(layer): {"n": steps}})
        if _shape(found, change) == found.wanted:
            written = (edits.replace(site.source, node, text),)
            yield _candidate(found, change, written, f"let {layer.name!r} repeat its input {steps} times", 0.55, site)


def _padded(found: Missized) -> Iterator[Candidate]:
    """Pad one of the layers that make the size smaller, or all of them."""
    sites: dict[int, tuple[Site, list[Any]]] = {}
    for step in found.resizing[:MOST_LAYERS]:
        site = site_of(found.evidence, step.operation) if getattr(step.operation, "padding", None) == "valid" else None
        if site is not None:
            sites.setdefault(id(site.call), (site, []))[1].append(step.operation)
    choices = [[one] for one in sites.values()]
    if len(choices) > 1:
        choices.append(list(sites.values()))
    for choice in choices:
        written: list[Edit] = []
        for site, _ in choice:
            written += writing.with_argument(site, "padding", '"same"') or ()
        change = Change(settings={id(layer): {"padding": "same"} for _, layers in choice for layer in layers})
        if len(written) == len(choice) and _shape(found, change) == found.wanted:
            names = ", ".join(repr(layer.name) for _, layers in choice for layer in layers)
            yield _candidate(found, change, tuple(written), f'pad {names} with padding="same"', 0.6, choice[0][0])
            return


def _trimmed(found: Missized) -> Iterator[Candidate]:
    """Cut a border off the output, or add one."""
    gaps = [(have or 0) - (want or 0) for have, want in zip(found.output[1:-1], found.wanted[1:-1], strict=True)]
    site = site_of(found.evidence, found.last.operation)
    if site is None or (min(gaps) < 0 < max(gaps)):
        return
    ends = tuple((0, gap) if gap > 0 else (-gap // 2, -gap - -gap // 2) for gap in gaps)  # poolings pad at the end
    value = ends if len(ends) > 1 else ends[0]
    if max(gaps) > 0:
        new, title = New(f"Cropping{len(gaps)}D", {"cropping": value}), "cut the border off that the labels do not have"
    else:
        new, title = New(f"ZeroPadding{len(gaps)}D", {"padding": value}), "add the border that the labels have"
    written = writing.after(site, new)
    change = Change(behind={found.plan.steps.index(found.last): (new,)})
    if written is not None and _shape(found, change) == found.wanted:
        yield _candidate(found, change, written, f"{title}, behind {found.last.operation.name!r}", 0.8, site)


def _candidate(
    found: Missized, change: Change, written: tuple[Edit, ...], title: str, cost: float, site: Site
) -> Candidate:
    return Candidate(
        title=title, edits=written, cost=cost, check=lambda: _outcome(found, change), cause=site.place, exact=False
    )


def _shape(found: Missized, change: Change) -> Shape | None:
    built = rebuild(found.plan, change)
    return built.shapes.get(found.plan.results[0]) if built.accepted else None


def _outcome(found: Missized, change: Change) -> Outcome:
    shape = _shape(found, change)
    if shape != found.wanted:
        return Outcome(accepted=False, note="the output would have another size still")
    return Outcome(accepted=True, note=f"rebuilt on specs: the model gives {shape}", output_shapes=[shape])
