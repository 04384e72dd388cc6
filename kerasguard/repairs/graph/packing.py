"""Tensors passed to a layer in the wrong packing: one by one for a list, a list for one, several for a layer of one."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from typing import Any

from kerasguard.adapters import specs, symbolic, wants
from kerasguard.evidence import Evidence
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import FailingCall, failing_call, has_symbolic, keras_path
from kerasguard.vocabulary import Edit


def rearranged(evidence: Evidence) -> Iterator[Candidate]:
    """Propose other ways to pass the tensors of a failing layer call: as one list, one by one, without the list."""
    call = failing_call(evidence)
    if call is None or specs.kind_of(call.function) not in ("layer", "model") or not call.complete:
        return
    tensors = [value for value in call.args if has_symbolic(value)]
    if len(tensors) != len(call.args) or (call.node.keywords and not tensors):
        return
    nodes, source = call.node.args, call.source
    layer, kwargs = call.function, call.kwargs
    options: list[tuple[str, list[Edit], tuple[Any, ...]]] = []
    if len(tensors) > 1:
        first, last = source.place(nodes[0]), source.place(nodes[-1])
        start, end = (first.row, first.column), (last.end_row, last.end_column)
        text = source.text[source.offset(*start) : source.offset(*end)]
        edit = Edit(source.filename, start, end, f"[{text}]")
        options.append(("pass the tensors as one list", [edit], (list(tensors),)))
    elif len(nodes) == 1 and isinstance(tensors[0], list | tuple):
        items = tensors[0]
        if isinstance(nodes[0], ast.List | ast.Tuple) and nodes[0].elts:
            inner = [source.segment(item) for item in nodes[0].elts]
            new = ", ".join(inner)
        elif len(items) == 1:
            new = f"{source.segment(nodes[0])}[0]"
        else:
            new = f"*{source.segment(nodes[0])}"
        title = "pass the tensor itself, not a list" if len(items) == 1 else "pass the tensors one by one"
        options.append((title, [edits.replace(source, nodes[0], new)], tuple(items)))
    elif len(nodes) == 1 and _wants_two(layer):
        text = source.segment(nodes[0])
        title = f"let the layer attend to `{text}` itself: it is both query and value"
        options.append((title, [edits.replace(source, nodes[0], f"{text}, {text}")], (tensors[0], tensors[0])))
    root = symbolic.flavour(layer)
    yield from _joined(call, tensors, root)
    for title, written, args in options:
        yield Candidate(
            title=title,
            edits=tuple(written),
            cost=1.0,
            check=lambda args=args: symbolic.attempt(  # type: ignore[misc]
                lambda: layer(*args, **kwargs), [list(args), layer], root, "the layer returns"
            ),
            cause=call.place,
            applicability="safe",
        )


def _wants_two(layer: Any) -> bool:
    """Return whether a layer of Keras' own takes two tensors that have no default."""
    try:
        parameters = inspect.signature(layer.call).parameters.values()
    except (TypeError, ValueError, AttributeError):
        return False
    needed = [one for one in parameters if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
    return wants.is_keras(type(layer)) and [one.name for one in needed] == ["query", "value"]


def _joined(call: FailingCall, tensors: list[Any], root: str | None) -> Iterator[Candidate]:
    """Propose to join the tensors of a list for a layer that takes one: it would ignore or refuse the others."""
    given, node = tensors[0] if len(tensors) == 1 else None, call.node.args[0]
    if isinstance(given, list | tuple) and len(given) == 1 and isinstance(node, ast.List | ast.Tuple) and node.elts:
        given, node = given[0], node.elts[0]
    whole = call.node.args[0]
    if root is None or not isinstance(given, list | tuple) or len(given) < 2 or specs.kind_of(call.function) != "layer":
        return
    layer, kwargs = call.function, call.kwargs
    name, imports = keras_path(call.scope, root, "layers.Concatenate")

    def join() -> Any:
        return layer(sys.modules[str(root)].layers.Concatenate()(list(given)), **kwargs)

    yield Candidate(
        title="join the tensors into one first",
        edits=(edits.replace(call.source, whole, f"{name}()({call.source.segment(node)})"), *imports),
        cost=0.9,
        check=lambda: symbolic.attempt(join, [list(given), layer], root, "the layer returns"),
        cause=call.place,
    )
