"""Sample weights and class weights: one number for each sample, a dict from class number to weight."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.tensors import blank
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance import walk
from kerasguard.provenance.access import is_a
from kerasguard.provenance.values import UNKNOWN
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.changing import changed
from kerasguard.repairs.labels import demands

SLOT = "sample_weight"


def sample_weight(evidence: Evidence) -> Given | None:
    """Return the sample weights where one array of them was passed, or is handed out by a pipeline."""
    found = [one for one in evidence.everything if one.slot == SLOT]
    return found[0] if len(found) == 1 else None


def rows(evidence: Evidence) -> int | None:
    """Return the number of samples."""
    return next((one.shape[0] for one in evidence.given if one.shape and one.element is None), None)


def per_class(evidence: Evidence) -> bool:
    """Return whether the sample weights are one for each class."""
    given, count = sample_weight(evidence), rows(evidence)
    if given is None or given.shape is None or len(given.shape) != 1 or count is None or given.shape[0] == count:
        return False
    pairs = demands.pairs(evidence)
    return len(pairs) == 1 and pairs[0].head.units is not None and given.shape[0] == max(2, pairs[0].head.units)


def per_output(evidence: Evidence) -> bool:
    """Return whether the sample weights have one column for each unit of the output, or a useless axis."""
    given, count = sample_weight(evidence), rows(evidence)
    pairs = demands.pairs(evidence)
    if given is None or given.shape is None or given.shape[0] != count or len(pairs) != 1:
        return False
    output = pairs[0].head.shape
    return output is not None and len(given.shape) >= len(output) and len(given.shape) > 1


def as_class_weight(evidence: Evidence) -> Iterator[Candidate]:
    """Propose to pass weights of classes as such."""
    call, given, site = evidence.call, sample_weight(evidence), evidence.site_call
    if call is None or given is None or site is None or given.scope is None or given.scope.source is None:
        return
    source = given.scope.source
    keyword = next((one for one in site.keywords if one.arg == SLOT), None)
    if keyword is None or evidence.event.entry not in {"fit", "train_on_batch"}:
        return
    options = {**call.options, "class_weight": dict(enumerate(float(value) for value in demands.as_array(given.value)))}
    text = f"class_weight=dict(enumerate({source.segment(keyword.value)}))"
    yield Candidate(
        title="pass the weights of the classes as class_weight",
        edits=(edits.replace(source, keyword, text),),
        cost=0.7,
        call=dataclasses.replace(call, sample_weight=None, options=options),
    )


def one_for_each_sample(evidence: Evidence) -> Iterator[Candidate]:
    """Propose one weight for each sample: the mean over the columns, where the weights are made."""
    call, given, count = evidence.call, sample_weight(evidence), rows(evidence)
    if call is None or given is None or given.shape is None or given.node is None or given.scope is None:
        return
    axes = "axis=1" if len(given.shape) == 2 else f"axis={tuple(range(1, len(given.shape)))}"
    link = _definition(given)
    at = link if link is not None and isinstance(link.node, ast.expr) else None
    source, node = (at.source, at.node) if at is not None else (given.scope.source, given.node)
    made = at.value if at is not None and at.value is not UNKNOWN else given.value
    if source is None or (getattr(made, "kind", None) or specs.kind_of(made)) != "numpy":
        return
    yield Candidate(
        title="give each sample one weight: the mean over its columns",
        applicability="unsafe",
        edits=(edits.wrap(source, node, f"{{}}.mean({axes})"),),
        cost=0.9,
        call=changed(call, {(given.slot, given.path): blank((count,), given.spec.dtype or "float32")})
        if given.element is None and count is not None
        else None,
        cause=at.place if at is not None else evidence.crash,
    )


def _definition(given: Given) -> Any:
    """Return the expression bound to the variable that was passed (whole or some rows of it)."""
    if given.node is None or given.scope is None:
        return None
    if given.element is not None:
        return demands.maker(given)
    for link in walk.chain(given.node, given.scope):
        if link.path:
            return None
        if not isinstance(link.node, ast.Name | ast.Attribute | ast.Subscript):
            return link
    return None


def class_weight(evidence: Evidence) -> Any:
    """Return the class weights that were passed, None where there are none or they are a dict."""
    call = evidence.call
    value = call.options.get("class_weight") if call is not None else None
    return None if is_a(value, dict) else value


def class_weight_as_dict(evidence: Evidence) -> Iterator[Candidate]:
    """Propose the dict that class weights have to be."""
    call, site, value = evidence.call, evidence.site_call, class_weight(evidence)
    if call is None or site is None or evidence.site is None or value is None:
        return
    source = evidence.scopes[evidence.site].source
    keyword = next((one for one in site.keywords if one.arg == "class_weight"), None)
    if source is None or keyword is None or specs.kind_of(value) not in {"python", "numpy", "eager"}:
        return
    if len(specs.spec_of(value).shape or ()) != 1:
        return
    options = {**call.options, "class_weight": dict(enumerate(float(one) for one in value))}
    yield Candidate(
        title="pass the class weights as a dict from class number to weight",
        edits=(edits.wrap(source, keyword.value, "dict(enumerate({}))"),),
        cost=0.7,
        call=dataclasses.replace(call, options=options),
    )
