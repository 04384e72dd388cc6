"""Training without labels: labels packed with the data, or waiting in a variable."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator

from kerasguard.adapters import losses
from kerasguard.adapters.losses import Head
from kerasguard.adapters.specs import Spec, kind_of, spec_of
from kerasguard.evidence import Evidence, Given
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands

USUAL_NAMES = ("y", "label", "target")


def heads(evidence: Evidence) -> list[Head]:
    """Return the outputs with their losses, whatever failed."""
    owner = evidence.event.owner
    return losses.heads(owner) if evidence.event.entry in demands.TRAINING and owner is not None else []


def lacks_labels(evidence: Evidence) -> bool:
    """Return whether a model with a loss was trained or evaluated on data that brings no labels."""
    call = evidence.call
    if call is None or evidence.event.entry not in demands.TRAINING or call.y is not None or demands.labels(evidence):
        return False
    if kind_of(call.x) in {"generator", "pydataset"} and all(one.element is None for one in evidence.everything):
        return False  # what it hands out is not known
    return losses.user_losses(evidence.event.owner) is not None


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose to pass data and labels apart, or the one variable that could be the labels."""
    yield from _unpacked(evidence)
    yield from _waiting(evidence)


def _unpacked(evidence: Evidence) -> Iterator[Candidate]:
    call, site = evidence.call, evidence.site_call
    if call is None or site is None or not isinstance(call.x, tuple | list) or len(call.x) != 2:
        return
    name, node, scope = evidence.written("x", (), call.x)
    del name
    if scope is None or scope.source is None or node is None or site.args[:1] != [node]:
        return
    source = scope.source
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
        text = ", ".join(source.segment(item) for item in node.elts)
    elif isinstance(node, ast.Name):
        text = f"*{node.id}"
    else:
        return
    yield Candidate(
        title="pass the data and the labels as two arguments",
        edits=(edits.replace(source, node, text),),
        cost=0.7,
        call=dataclasses.replace(call, x=call.x[0], y=call.x[1]),
    )


def _waiting(evidence: Evidence) -> Iterator[Candidate]:
    call, site, outputs = evidence.call, evidence.site_call, heads(evidence)
    if call is None or site is None or evidence.site is None or len(outputs) != 1 or len(site.args) > 1:
        return
    scope = evidence.scopes[evidence.site]
    rows = next((one.shape[0] for one in evidence.given if one.shape and one.element is None), None)
    if scope.source is None or rows is None:
        return
    passed = {id(one.value) for one in evidence.given}
    found = []
    for name, value in dict(scope.names).items():
        if id(value) in passed or kind_of(value) not in {"numpy", "eager"} or not _sounds_like_labels(name):
            continue
        spec = spec_of(value)
        given = Given("y", (), value, Spec(spec.shape, spec.dtype, spec.kind), name)
        if spec.shape and spec.shape[0] == rows and demands.fits(demands.Pair(given, outputs[0])):
            found.append((name, value))
    if len(found) == 1:
        name, value = found[0]
        yield Candidate(
            title=f"pass the labels `{name}`",
            edits=(edits.set_argument(scope.source, site, "y", name, 1),),
            cost=0.9,
            call=dataclasses.replace(call, y=value),
        )


def _sounds_like_labels(name: str) -> bool:
    return (
        any(name.lower().startswith(word) or word in name.lower().split("_") for word in USUAL_NAMES)
        or "label" in name.lower()
    )
