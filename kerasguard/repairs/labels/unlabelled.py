"""Training without labels: labels packed with the data, or waiting in a variable."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import losses
from kerasguard.adapters.losses import Head
from kerasguard.adapters.specs import Spec, kind_of, spec_of
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits, writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data import pipelines, yields
from kerasguard.repairs.labels import demands

USUAL_NAMES = ("y", "label", "target")
NAMES = ("x", "v")
TITLE = "take the data as labels: the output has its shape"


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
    """Propose to pass data and labels apart, the one variable that could be the labels, or the data as its own."""
    yield from _unpacked(evidence)
    yield from _waiting(evidence)
    yield from _rebuilt(evidence)


def rebuilds(evidence: Evidence) -> bool:
    """Return whether the one output has the shape of the one input, more than a number: such a model takes its data back."""
    outputs = [head for head in heads(evidence) if head.loss is not None]
    if len(outputs) != 1 or len(evidence.given) != 1 or outputs[0].sparse:
        return False
    data, output = evidence.given[0].shape, outputs[0].shape
    if not data or not output or len(data) != len(output) or len(data) < 2:
        return False
    sizes = list(zip(data[1:], output[1:], strict=True))
    return all(a is None or b is None or a == b for a, b in sizes) and any(a != 1 for a, _ in sizes)


def _rebuilt(evidence: Evidence) -> Iterator[Candidate]:
    """Propose the data as its own labels: as a pair where a pipeline ends or a generator yields, else as an argument."""
    call, site = evidence.call, evidence.site_call
    if call is None or site is None or evidence.site is None or not rebuilds(evidence):
        return
    kind, source = kind_of(call.x), evidence.scopes[evidence.site].source
    if kind == "dataset":
        yield from _in_pairs(evidence)
    elif kind in {"generator", "pydataset"}:
        found = yields.handed(call.x)
        if found is not None and isinstance(found.node, ast.Name | ast.Attribute | ast.Subscript):
            yield Candidate(
                title=f"{TITLE}: hand out pairs",
                edits=(edits.wrap(found.source, found.node, "{}, {}"),),
                cost=0.9,
                cause=found.place,
                exact=False,
            )
    elif source is not None and len(site.args) == 1 and not call.validation_data:
        text = evidence.given[0].text
        if text is not None:
            yield Candidate(
                title=TITLE,
                edits=(edits.set_argument(source, site, "y", text, 1),),
                cost=1.0,
                call=dataclasses.replace(call, y=call.x),
            )


def _in_pairs(evidence: Evidence) -> Iterator[Candidate]:
    """Propose that pipelines end in pairs, those for validation as well."""
    call = evidence.call
    lacking = [
        (slot, value, node, scope.source)
        for slot, value, node, scope in pipelines.wrong_datasets(evidence)
        if node is not None and scope is not None and len(_parts(value)) == 1
    ]
    if call is None or not lacking:
        return
    makers = [pipelines.made_by(value) for _, value, _, _ in lacking]
    upstream = all(made is not None and _only_trained_on(made[0], made[1]) for made in makers)
    targets: dict[ast.expr, SourceFile] = {node: source for _, _, node, source in lacking}
    if upstream:
        targets = {made[1]: made[0] for made in makers if made is not None}
    yield Candidate(
        title=TITLE,
        edits=tuple(
            edits.wrap(source, node, f"{{}}.map(lambda {name}: ({name}, {name}))")
            for (node, source), name in zip(targets.items(), NAMES, strict=False)  # AutoGraph tells lambdas by names
        ),
        cost=0.8,
        call=dataclasses.replace(call, **{slot: value.map(lambda x: (x, x)) for slot, value, _, _ in lacking}),
        cause=makers[0][2] if upstream and makers[0] is not None else None,
    )


def _parts(dataset: Any) -> tuple[Any, ...]:
    return dataset.element_spec if isinstance(dataset.element_spec, tuple) else (dataset.element_spec,)


def _only_trained_on(source: SourceFile, made: ast.Call) -> bool:
    """Return whether a pipeline is nowhere used but for training: what else reads it wants no pairs."""
    statement = source.statement(made)
    if isinstance(statement, ast.Return):
        return True
    names = {target.id for target in getattr(statement, "targets", []) if isinstance(target, ast.Name)}
    uses = [
        node
        for node in ast.walk(source.owner(made))
        if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load)
    ]
    return all(isinstance(source.parent(node), ast.Return) or writing.is_passed(source, node) for node in uses)


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
