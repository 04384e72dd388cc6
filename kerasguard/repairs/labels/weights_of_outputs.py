"""Class weights where fit takes none: a model with several outputs, a generator as data."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from kerasguard.adapters import specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Edit

CLASS, SAMPLE = "class_weight", "sample_weight"
MOST_OUTPUTS = 6


def refused(evidence: Evidence) -> bool:
    """Return whether class weights were given for several outputs, or with data that brings labels of its own."""
    if _weights(evidence) is None:
        return False
    if len(demands.heads(evidence)) > 1:
        return True
    call = evidence.call
    fed = call is not None and specs.kind_of(call.x) == "generator"
    return fed and bool(evidence.library) and evidence.library[-1].f_code.co_name == "get_data_adapter"


def _weights(evidence: Evidence) -> Any:
    call = evidence.call
    given = call.options.get(CLASS) if call is not None else None
    return None if is_a(given, dict) and not given else given


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose a weight for each sample, or no class weights."""
    keyword, site = _keyword(evidence), evidence.site_call
    if keyword is None or site is None or evidence.call is None or evidence.site is None:
        return
    source = evidence.scopes[evidence.site].source
    if source is None:
        return
    yield from _for_each_sample(evidence, keyword)
    options = {name: value for name, value in evidence.call.options.items() if name != CLASS}
    yield Candidate(
        title="leave the class weights out",
        edits=(_without(source, site, keyword),),
        cost=1.3,
        call=dataclasses.replace(evidence.call, options=options),
        applicability="unsafe",
    )


def _keyword(evidence: Evidence) -> ast.keyword | None:
    site = evidence.site_call
    return next((one for one in site.keywords if one.arg == CLASS), None) if site is not None else None


def _without(source: Any, call: ast.Call, keyword: ast.keyword) -> Edit:
    """Return the edit that takes an argument and the comma before it (or behind it) out."""
    places = sorted((source.place(one) for one in [*call.args, *call.keywords]), key=lambda p: (p.row, p.column))
    mine = source.place(keyword)
    index = next(i for i, place in enumerate(places) if (place.row, place.column) == (mine.row, mine.column))
    if index:
        before = places[index - 1]
        return Edit(source.filename, (before.end_row, before.end_column), (mine.end_row, mine.end_column), "")
    after = places[1] if len(places) > 1 else None
    end = (after.row, after.column) if after is not None else (mine.end_row, mine.end_column)
    return Edit(source.filename, (mine.row, mine.column), end, "")


def _for_each_sample(evidence: Evidence, keyword: ast.keyword) -> Iterator[Candidate]:
    """Propose sample weights: for the output whose classes the dict lists, or for those that a nested dict names."""
    import numpy as np

    call, pairs, weights = evidence.call, demands.pairs(evidence), _weights(evidence)
    if call is None or call.sample_weight is not None or not 2 <= len(pairs) <= MOST_OUTPUTS:
        return
    if not isinstance(weights, Mapping) or any(pair.given.element is not None for pair in pairs):
        return
    source = pairs[0].given.scope.source if pairs[0].given.scope is not None else None
    alias = edits.alias(source, "numpy") if source is not None else None
    if source is None or alias is None:
        return
    text = source.segment(keyword.value)
    parts, values = [], []
    chosen = {pair.head.name: found for pair in pairs if (found := _table(weights, pair, pairs)) is not None}
    if not chosen or not isinstance(keyword.value, ast.Name | ast.Attribute):
        return
    for pair in pairs:
        node, shape = pair.given.node, pair.given.shape
        if node is None or not shape or shape[0] is None:
            return
        written = source.segment(node)
        values.append(np.ones(shape[0]))
        if pair.head.name not in chosen:
            parts.append(f"{alias}.ones(len({written}))")
            continue
        key = chosen[pair.head.name]
        table = f"{text}[{key!r}]" if key else text
        numbers = f"{alias}.argmax({written}, axis=-1)" if demands.one_hot(pair) else f"{alias}.ravel({written})"
        parts.append(f"{alias}.array([{table}.get(int(number), 1.0) for number in {numbers}])")
    if isinstance(call.y, dict):
        names = [pair.given.path[-1] for pair in pairs]
        body = "{" + ", ".join(f"{name!r}: {part}" for name, part in zip(names, parts, strict=True)) + "}"
        passed: Any = dict(zip(names, values, strict=True))
    else:
        body, passed = f"[{', '.join(parts)}]", values
    options = {name: value for name, value in call.options.items() if name != CLASS}
    yield Candidate(
        title="weigh the samples of each output instead of the classes",
        edits=(edits.replace(source, keyword, f"{SAMPLE}={body}"),),
        cost=0.7,
        call=dataclasses.replace(call, sample_weight=passed, options=options),
        applicability="unsafe",
    )


def _table(weights: Mapping[Any, Any], pair: Pair, pairs: list[Pair]) -> str | None:
    """Return the key of an output's own table of weights, empty where the dict itself is that, None where it has none."""
    own = weights.get(pair.head.name)
    if isinstance(own, Mapping):
        return pair.head.name
    if not all(isinstance(key, int) for key in weights):
        return None
    fitting = [one for one in pairs if set(weights) == set(range(max(2, one.head.units or 0)))]
    return "" if len(fitting) == 1 and fitting[0] is pair else None
