"""Models without a symbolic graph that are asked for their input or output."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, symbolic, wants
from kerasguard.evidence import Evidence
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import keras_path, statement_place
from kerasguard.vocabulary import Shape

SYMBOLS = frozenset({"input", "output", "inputs", "outputs", "input_shape", "output_shape"})


@dataclass(frozen=True)
class Asked:
    """An attribute access ``model.output`` that failed."""

    node: ast.Attribute
    value: Any
    scope: Scope
    source: SourceFile


def asked(evidence: Evidence) -> Asked | None:
    """Return the symbolic attribute for which the user's innermost line asked in vain."""
    if not evidence.frames or not isinstance(evidence.event.error, AttributeError | ValueError | RuntimeError):
        return None
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    node = frame.node
    if frame.source is None or not isinstance(node, ast.Attribute) or node.attr not in SYMBOLS:
        return None
    value = evaluate(node.value, scope)
    if specs.kind_of(value) not in ("layer", "model"):
        value = _asked_object(evidence, node.attr)
    if specs.kind_of(value) not in ("layer", "model"):
        return None
    return Asked(node, value, scope, frame.source)


def _asked_object(evidence: Evidence, name: str) -> Any:
    """Return the object whose property Keras was reading, where the expression for it cannot be evaluated."""
    for frame in evidence.library:
        if frame.f_code.co_name == name and "self" in frame.f_locals:
            return frame.f_locals["self"]
    return None


def candidates(found: Asked) -> Iterator[Candidate]:
    """Propose the graph that there is, or a new Input of the shape on which the model was built or run."""
    if wants.graph_inputs(found.value) and found.node.attr in ("input", "output"):
        yield from _listed(found)
        return
    shape = _sample_shape(found)
    root = symbolic.flavour(found.value)
    statement = found.source.statement(found.node)
    if shape is None or root is None or statement is None or specs.kind_of(found.value) != "model":
        return
    model = found.source.segment(found.node.value)
    maker, imports = keras_path(found.scope, root, "Input")
    name = edits.fresh_name(found.source, "inputs")
    written = [*imports]
    if wants.is_sequential(found.value) and not found.value.built:
        written.append(edits.insert_before(found.source, statement, f"{model}.build({(None, *shape)!r})"))
    else:
        written.append(edits.insert_before(found.source, statement, f"{name} = {maker}(shape={shape!r})"))
        for node in ast.walk(found.scope.owner or found.source.tree):
            if not isinstance(node, ast.Attribute) or found.source.segment(node.value) != model:
                continue
            if node.lineno < statement.lineno:
                continue
            if node.attr in ("input", "inputs"):
                written.append(edits.replace(found.source, node, name))
            elif node.attr in ("output", "outputs"):
                written.append(edits.replace(found.source, node, f"{model}({name})"))
    yield Candidate(
        title="call the model on an Input",
        edits=tuple(written),
        cost=1.5,
        cause=statement_place(found.source, found.node),
        exact=False,
    )


def _listed(found: Asked) -> Iterator[Candidate]:
    """Propose ``inputs[0]`` and ``outputs[0]``: a Sequential of Keras 3 has its graph only under these names."""
    statement = found.source.statement(found.node)
    written = [
        edits.replace(found.source, node, f"{found.source.segment(node.value)}.{node.attr}s[0]")
        for node in ast.walk(statement or found.node)
        if isinstance(node, ast.Attribute)
        and node.attr in ("input", "output")
        and found.source.segment(node.value) == found.source.segment(found.node.value)
    ]
    yield Candidate(
        title=f"use {found.node.attr}s[0]",
        edits=tuple(written),
        cost=1.0,
        cause=statement_place(found.source, found.node),
        exact=False,
    )


def _sample_shape(found: Asked) -> Shape | None:
    """Return the shape of one sample, from what the model was built on."""
    built = getattr(found.value, "_build_shapes_dict", None) or {}
    shapes = [tuple(shape) for shape in built.values() if isinstance(shape, tuple)]
    if shapes:
        return shapes[0][1:]
    built_on = getattr(found.value, "_build_input_shape", None)
    try:
        return tuple(built_on)[1:] if built_on is not None else None
    except TypeError:
        return None
