"""Data for validation or testing that was prepared otherwise than the data for training."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from kerasguard.adapters.tensors import blank
from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.access import is_a
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.values import shape_of
from kerasguard.repairs import writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import likeness, text_steps
from kerasguard.repairs.data.changing import changed, stand_in_for
from kerasguard.repairs.data.likeness import Use
from kerasguard.repairs.data.search import misfits_of, pairs_of
from kerasguard.repairs.data.text_steps import Step
from kerasguard.repairs.transformations import proposals
from kerasguard.vocabulary import Shape

METHODS = ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch")
SLOT = "validation_data"


class Unlike(NamedTuple):
    """A tensor that does not fit the model, what the model wants, and its like for training, which fits."""

    given: Given
    want: Wanted
    sibling: Use
    shape: Shape
    name: str
    step: Step | None = None


def unlike(evidence: Evidence) -> Unlike | None:
    """Return the data of the failing call that its like for training shows to be prepared otherwise."""
    call = evidence.call
    if call is None:
        return None
    held_out = call.validation_data
    if is_a(held_out, tuple | list) and held_out:
        inside = [one for one in evidence.tensors(SLOT, held_out) if one.path[:1] == (0,)]
        plain = not misfits_of(evidence, evidence.given)
        if plain:
            for given, want in misfits_of(evidence, inside):
                trained = [one for one, other in pairs_of(evidence, evidence.given) if other is want]
                if trained and trained[0].node is not None and trained[0].scope is not None and trained[0].shape:
                    one = trained[0]
                    return Unlike(given, want, Use(trained[0].node, trained[0].scope), one.shape or (), one.name)
    return _in_earlier_call(evidence)


def _in_earlier_call(evidence: Evidence) -> Unlike | None:
    wrong = misfits_of(evidence, evidence.given)
    if len(wrong) != 1 or len(evidence.given) != 1 or wrong[0][0].element is not None:
        return None
    given, want = wrong[0]
    if given.scope is None or given.node is None:
        return None
    step = text_steps.step(evidence, given) if text_steps.is_text(given) else None
    if step is not None:
        return Unlike(given, want, Use(given.node, given.scope), want.display or (), step.trained, step)
    for node in _earlier(evidence, given):
        shape = shape_of(evaluate(node, given.scope))
        if shape is not None and want.fits(shape) and shape != given.shape:
            name = given.scope.source.segment(node) if given.scope.source is not None else ""
            return Unlike(given, want, Use(node, given.scope), shape, name)
    return None


def _earlier(evidence: Evidence, given: Given) -> Iterator[ast.expr]:
    """Yield what earlier calls of the same model were given as data, the training first."""
    call, scope = evidence.site_call, given.scope
    if call is None or scope is None or scope.source is None or not isinstance(call.func, ast.Attribute):
        return
    model = ast.dump(call.func.value)
    found = [
        other
        for other in ast.walk(scope.owner or scope.source.tree)
        if isinstance(other, ast.Call)
        and isinstance(other.func, ast.Attribute)
        and other.func.attr in METHODS
        and ast.dump(other.func.value) == model
        and other.lineno < call.lineno
    ]
    for other in sorted(found, key=lambda one: getattr(one.func, "attr", "") != "fit"):
        node = next((one.value for one in other.keywords if one.arg == "x"), other.args[0] if other.args else None)
        if isinstance(node, ast.expr) and not isinstance(node, ast.Starred | ast.List | ast.Tuple | ast.Dict):
            yield node


def candidates(evidence: Evidence, found: Unlike) -> Iterator[Candidate]:
    """Propose for the odd one what was done to its sibling, else what makes it fit at all."""
    call, one = evidence.call, found.given
    if call is None or one.node is None or one.scope is None or one.shape is None:
        return
    sample = found.shape[1:]
    if found.step is not None:
        sizes = tuple(size or 1 for size in (one.shape[0], *sample))
        ids = {(one.slot, one.path): blank(sizes, found.want.dtype or "float32")}
        yield Candidate(
            title=f"prepare `{one.name}` like `{found.name}`: {found.step.text}",
            edits=(found.step.edit,),
            cost=0.5,
            call=changed(call, ids) if sample else None,
            exact=False,
        )
        return

    def fits(shape: Shape | None) -> bool:
        return shape is not None and len(shape) > 1 and shape[1:] == sample

    for way in likeness.ways(Use(one.node, one.scope), found.sibling, fits):
        yield Candidate(
            title=f"prepare `{one.name}` like `{found.name}`: {way.step}",
            edits=way.edits,
            cost=0.5,
            call=changed(call, {(one.slot, one.path): stand_in_for(one, (one.shape[0], *sample))}),
            cause=way.place,
            exact=way.shape is not None and None not in way.shape,
        )
    if one.slot == SLOT:
        for change in proposals(one.shape, found.want):
            yield Candidate(
                title=change.title.format(f"`{one.name}`"),
                edits=writing.at_use(evidence, one, change),
                cost=change.cost,
                call=changed(call, {(one.slot, one.path): change.value(one.value)}),
                applicability="unsafe" if change.lossy else "safe",
            )
