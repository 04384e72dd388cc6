"""Say what a drawing needs to know of a failure: evidence in, a small plain drawing out."""

from __future__ import annotations

import ast
from typing import Any

from kerasguard.adapters import drawing
from kerasguard.adapters.drawing import Passed, Scene
from kerasguard.diagnosis.folding import folded
from kerasguard.evidence import CALLS, Evidence
from kerasguard.evidence.situation import Situation
from kerasguard.vocabulary import Drawing, Offender

LONGEST_NAME = 40
SUPERVISED = frozenset({"fit", "evaluate", "train_on_batch", "test_on_batch"})


def draw(evidence: Evidence, offenders: tuple[Offender, ...]) -> Drawing | None:
    """Return the graph from the inputs to the failing place, None where there is none to draw."""
    if isinstance(evidence, Situation) and not any(one.kind == "labels" for one in offenders):
        return None  # nothing is refused there
    found = drawing.drawing_of(_scene(evidence, offenders))
    return None if found is None else folded(found)


def _scene(evidence: Evidence, offenders: tuple[Offender, ...]) -> Scene:
    event = evidence.event
    if event.entry == "functional":
        return _of_model(event.args, event.kwargs)
    if event.entry in CALLS:
        return _of_data(evidence, offenders)
    labels, outputs = (_of_kind(offenders, kind) for kind in ("labels", "output"))
    if labels:
        return Scene(labels=labels, predictions=outputs, function="loss", refused_by="loss")
    calls = tuple((call.layer, call.inputs) for call in evidence.layer_calls)
    symbolic = drawing.tensors_in([event.owner, list(event.args), dict(event.kwargs)])
    return Scene(None, calls, symbolic=symbolic, function=_function(evidence))


def _of_data(evidence: Evidence, offenders: tuple[Offender, ...]) -> Scene:
    event, everything = evidence.event, evidence.everything
    at_loss = event.entry in SUPERVISED and _at_loss(evidence, offenders)
    calls = () if at_loss else tuple((call.layer, call.inputs) for call in evidence.layer_calls)
    if not calls and not at_loss:  # in compiled code no call of a layer is under way
        blamed = drawing.named_layer(event.owner, [one.name for one in offenders if one.kind == "layer"])
        calls = () if blamed is None else ((event.owner, None), (blamed, None))
    return Scene(
        owner=event.owner,
        calls=calls,
        data=tuple(_passed(one) for one in everything if one.slot == "x"),
        labels=tuple(_passed(one) for one in everything if one.slot == "y"),
        function=_loss_name(event.owner) if at_loss else "",
        refused_by="loss" if at_loss else "call",
        built_before=event.built_before,
    )


def _of_model(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Scene:
    given = dict(zip(("inputs", "outputs"), args, strict=False)) | kwargs
    inputs, outputs = (drawing.tensors_in(given.get(name)) for name in ("inputs", "outputs"))
    return Scene(symbolic=outputs, listed=inputs, function="Model")


def _passed(given: Any) -> Passed:
    steps = (*given.path, *(given.element or ()))
    key = steps[-1] if steps and isinstance(steps[-1], str) else None
    return Passed(given.name if key is None or given.name.isidentifier() else key, given.shape, key)


def _of_kind(offenders: tuple[Offender, ...], kind: str) -> tuple[Passed, ...]:
    return tuple(Passed(one.name, one.shape) for one in offenders if one.kind == kind)


def _at_loss(evidence: Evidence, offenders: tuple[Offender, ...]) -> bool:
    """Return whether the labels are blamed, or the loss was being computed."""
    slots = {one.path.partition("[")[0] for one in offenders if one.path}
    if slots & {"x", "y"}:
        return "x" not in slots
    if any(one.kind == "labels" for one in offenders):
        return True
    return any(frame.f_code.co_name.endswith("compute_loss") for frame in evidence.library)


def _loss_name(model: Any) -> str:
    """Return the loss as the model was compiled with it; only its name, for one loss."""
    loss = getattr(model, "loss", None)
    if isinstance(loss, str):
        return loss
    name = getattr(loss, "__name__", None) or (getattr(loss, "name", None) if loss is not None else None)
    return name if isinstance(name, str) else "loss"


def _function(evidence: Evidence) -> str:
    call = evidence.site_call
    return ast.unparse(call.func)[:LONGEST_NAME] if call is not None else "this line"
