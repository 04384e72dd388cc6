"""Write a transformation of a dataset's elements as one more ``map`` stage where the dataset is passed."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kerasguard.adapters import specs
from kerasguard.adapters.tensors import blank, blank_rows
from kerasguard.adapters.trial import Call
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.walk import Link, chain
from kerasguard.repairs import edits, writing
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.transformations import Transformation

NAMES = ("x", "y", "w")


def candidates(evidence: Evidence, call: Call, changes: Sequence[tuple[Given, Transformation]]) -> Iterator[Candidate]:
    """Propose to map the changes over the elements of the dataset that was passed."""
    given, change = changes[0]
    dataset = given.value
    if specs.kind_of(dataset) in ("generator", "pydataset"):
        yield from _where_yielded(evidence, changes)
    if specs.kind_of(dataset) != "dataset" or any(one.value is not dataset for one, _ in changes):
        return
    if given.node is None or given.scope is None or given.scope.source is None:
        return
    slot = next((name for name in ("x", "validation_data") if getattr(call, name) is dataset), None)
    if slot is None:
        return
    source = given.scope.source
    count = len(dataset.element_spec) if isinstance(dataset.element_spec, tuple) else 1
    texts, imports = list(NAMES[:count]), []
    for one, each in changes:
        path = tuple(one.element or ())
        index = path[0] if count > 1 or isinstance(dataset.element_spec, tuple) else 0
        inner = path[1:] if isinstance(dataset.element_spec, tuple) else path
        pattern, needed = writing.pattern(source, "symbolic", each.patterns)
        imports += [edit for edit in needed if edit not in imports]
        text = _written(texts[index], NAMES[index], inner, pattern)
        if text is None:
            return
        texts[index] = text
    body = f"({', '.join(texts)})" if count > 1 else texts[0]
    pattern = f"{{}}.map(lambda {', '.join(NAMES[:count])}: {body})"
    try:
        mapped = dataset.map(_function(changes, many=isinstance(dataset.element_spec, tuple)))
    except (TypeError, ValueError, IndexError):
        return
    yield Candidate(
        title=change.title.format(f"each `{given.name}`"),
        edits=(*imports, edits.wrap(source, given.node, pattern)),
        cost=change.cost + 0.3,
        call=dataclasses.replace(call, **{slot: mapped}),
        applicability="unsafe" if change.lossy else "safe",
    )


def _where_yielded(evidence: Evidence, changes: Sequence[tuple[Given, Transformation]]) -> Iterator[Candidate]:
    """Propose the changes where a generator yields, or a Sequence returns, its batches; only a rerun could prove them."""
    found: list[tuple[Link, Transformation]] = []
    for one, change in changes:
        link = _handed_out(one)
        if link is None:
            return
        found.append((link, change))
    if all(change.kind == "add_axis" and change.axis == 0 for _, change in found):
        # Single samples: the labels that come with them lack the same axis.
        mended = {id(one) for one, _ in changes}
        others = [one for one in evidence.everything if one.element is not None and id(one) not in mended]
        found += [(link, found[0][1]) for one in others if (link := _handed_out(one)) is not None]
    written = []
    for link, change in found:
        pattern, imports = writing.pattern(link.source, "numpy", change.patterns)
        written += [edit for edit in (*imports, edits.wrap(link.source, link.node, pattern)) if edit not in written]
    title = changes[0][1].title.format(f"each `{changes[0][0].name}`")
    yield Candidate(title, tuple(written), changes[0][1].cost + 0.4, cause=found[0][0].place, exact=False)


def _handed_out(one: Given) -> Link | None:
    """Return the expression that a generator yields, or that ``__getitem__`` returns, for one tensor."""
    if one.node is None or one.scope is None or one.element is None:
        return None
    for link in chain(one.node, one.scope, ("*", *one.element)):
        value = getattr(link.statement, "value", None)
        if isinstance(value, ast.Yield) or isinstance(link.statement, ast.Return):
            return link
    return None


def _written(text: str, name: str, inner: tuple[Any, ...], pattern: str) -> str | None:
    """Return the text of one component with the change at `inner` (a dict key, or nothing) applied."""
    if not inner:
        return pattern.replace("{}", text)
    if len(inner) == 1 and isinstance(inner[0], str):
        return "{" + f"**{text}, {inner[0]!r}: " + pattern.replace("{}", f"{name}[{inner[0]!r}]") + "}"
    return None


def _function(changes: Sequence[tuple[Given, Transformation]], *, many: bool) -> Callable[..., Any]:
    def mapped(*element: Any) -> Any:
        tree: Any = element if many else element[0]
        for one, change in changes:
            tree = _changed(tree, tuple(one.element or ()), change)
        return tree

    return mapped


def _changed(tree: Any, path: tuple[Any, ...], change: Transformation) -> Any:
    if not path:
        return _on_tensor(change, tree)
    if isinstance(tree, dict):
        return {**tree, path[0]: _changed(tree[path[0]], path[1:], change)}
    return tuple(_changed(item, path[1:], change) if index == path[0] else item for index, item in enumerate(tree))


def _on_tensor(change: Transformation, tensor: Any) -> Any:
    """Apply a change to a symbolic tensor: by its value rule where it is plain indexing, else by the spec it gives."""
    if change.kind in ("add_axis", "drop_axis"):
        return change.value(tensor)
    shape = change.shape(tuple(tensor.shape)) or ()
    if shape and shape[0] is None and tensor.shape[0] is None:
        return blank_rows(tensor, shape[1:])  # the labels beside it have as many
    return blank(shape, tensor.dtype)
