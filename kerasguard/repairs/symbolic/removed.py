"""Functions that Keras no longer has: what does the same today."""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from kerasguard.adapters import symbolic
from kerasguard.evidence import Evidence
from kerasguard.provenance.dataflow import occurrences
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import keras_path, statement_place
from kerasguard.repairs.graph.rewiring import fed
from kerasguard.vocabulary import Edit

HOMES = (
    "ops",
    "layers",
    "utils",
    "activations",
    "losses",
    "metrics",
    "initializers",
    "optimizers",
    "random",
    "backend",
)
PHASE = "learning_phase"


@dataclass(frozen=True)
class Removed:
    """A reference to something that a module of Keras does not have."""

    node: ast.Attribute | ast.Call
    scope: Scope
    source: SourceFile
    name: str
    module: str
    root: str


def removed(evidence: Evidence) -> Removed | None:
    """Return the attribute of a Keras module that does not exist, or the learning phase where an Input belongs."""
    if not evidence.frames:
        return None
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    source, node = frame.source, frame.node
    if source is None:
        return None
    if isinstance(evidence.event.error, AttributeError) and isinstance(node, ast.Attribute):
        module = evaluate(node.value, scope)
        root = symbolic.flavour(module)
        if isinstance(module, ModuleType) and root is not None and not hasattr(module, node.attr):
            return Removed(node, scope, source, node.attr, module.__name__.rpartition(".")[2], root)
    return _phase_among_inputs(evidence)


def _phase_among_inputs(evidence: Evidence) -> Removed | None:
    for one in fed(evidence):
        made, scope = one.node, one.scope
        if isinstance(made, ast.Name):
            home, bound = scope.home(made.id, made)
            value = next((binding.value for binding in bound if binding.kind == "assign"), None)
            if value is None:
                continue
            made, scope = value, home
        if isinstance(made, ast.Call) and scope.source is not None:
            func = made.func
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            if name == PHASE:
                root = symbolic.flavour(evidence.event.owner) or "tf_keras"
                return Removed(made, scope, scope.source, PHASE, "backend", root)
    return None


def candidates(evidence: Evidence, found: Removed) -> Iterator[Candidate]:
    """Propose what does the same today."""
    if found.name in (PHASE, "function"):
        yield from _as_model(found)
        return
    if isinstance(found.node, ast.Attribute):
        yield from _elsewhere(found)
        yield from _similar(evidence, found)


def _elsewhere(found: Removed) -> Iterator[Candidate]:
    package = sys.modules.get(found.root)
    for home in HOMES:
        thing = getattr(getattr(package, home, None), found.name, None)
        if thing is None:
            continue
        text, imports = keras_path(found.scope, found.root, f"{home}.{found.name}")
        yield Candidate(
            title=f"take it from {found.root}.{home}",
            edits=(*imports, edits.replace(found.source, found.node, text)),
            cost=1.0,
            cause=statement_place(found.source, found.node),
            exact=False,
        )
        return


def _similar(evidence: Evidence, found: Removed) -> Iterator[Candidate]:
    assert isinstance(found.node, ast.Attribute)  # noqa: S101 - checked by the caller
    module: Any = evaluate(found.node.value, found.scope)
    names = [name for name in dir(module) if not name.startswith("_")]
    for name in difflib.get_close_matches(found.name, names, n=1, cutoff=0.75):
        text = f"{found.source.segment(found.node.value)}.{name}"
        yield Candidate(
            title=f"use {text}",
            edits=(edits.replace(found.source, found.node, text),),
            cost=1.3,
            cause=statement_place(found.source, found.node),
            exact=False,
        )
    del evidence


# -- the backend functions and the learning phase ----------------------------------------------------------------------


def _as_model(found: Removed) -> Iterator[Candidate]:
    """Propose a model, called with ``training=``, in place of a backend function that is fed the phase."""
    source, owner = found.source, found.scope.owner or found.source.tree
    written: list[Edit] = []
    phase = ""
    if found.name == PHASE:
        call = found.node if isinstance(found.node, ast.Call) else source.parent(found.node) or found.node
        phase, statement = source.segment(call), source.statement(call)
        if isinstance(statement, ast.Assign) and statement.value is call and isinstance(statement.targets[0], ast.Name):
            phase = statement.targets[0].id
            written.append(_without(source, statement))
        maker = next((one for one in ast.walk(owner) if isinstance(one, ast.Call) and _takes(source, one, phase)), None)
    else:
        parent = source.parent(found.node)
        maker = parent if isinstance(parent, ast.Call) and parent.func is found.node else None
    if maker is None or len(maker.args) < 2 or not isinstance(maker.args[0], ast.List):
        return
    given = [source.segment(item) for item in maker.args[0].elts]
    kept = [text for text in given if text != phase and PHASE not in text]
    model, imports = keras_path(found.scope, found.root, "Model")
    inputs = kept[0] if len(kept) == 1 else f"[{', '.join(kept)}]"
    written.append(edits.replace(source, maker, f"{model}({inputs}, {source.segment(maker.args[1])})"))
    bound = source.statement(maker)
    if isinstance(bound, ast.Assign):
        written += _calls(source, owner, source.segment(bound.targets[0]), fed_phase=len(kept) < len(given))
    yield Candidate(
        title="make a model" + (", and say `training=` when it is called" if len(kept) < len(given) else ""),
        edits=(*imports, *written),
        cost=0.9,
        cause=statement_place(source, found.node),
        exact=False,
    )


def _takes(source: SourceFile, call: ast.Call, phase: str) -> bool:
    """Return whether a call is given the phase in its first argument."""
    return bool(call.args) and any(True for _ in occurrences(source, call.args[0], phase)) and len(call.args) > 1


def _calls(source: SourceFile, owner: ast.AST, name: str, *, fed_phase: bool) -> Iterator[Edit]:
    """Rewrite the calls of a function that is a model now: its inputs, and the phase as ``training=``."""
    for node in ast.walk(source.tree if "." in name else owner):
        if not isinstance(node, ast.Call) or source.segment(node.func) != name or len(node.args) != 1:
            continue
        given = node.args[0]
        if not isinstance(given, ast.List) or not given.elts:
            continue
        rest = [source.segment(item) for item in (given.elts[:-1] if fed_phase else given.elts)]
        text = rest[0] if len(rest) == 1 else f"[{', '.join(rest)}]"
        if fed_phase:
            last = given.elts[-1]
            known = bool(last.value) if isinstance(last, ast.Constant) else f"bool({source.segment(last)})"
            text += f", training={known}"
        yield edits.replace(source, given, text)


def _without(source: SourceFile, statement: ast.stmt) -> Edit:
    """Return the edit that takes a statement out, with its line where it stands alone."""
    place = source.place(statement)
    if source.lines[place.row - 1][: place.column - 1].strip() or place.end_row >= len(source.lines):
        return Edit(source.filename, (place.row, place.column), (place.end_row, place.end_column), "pass")
    return Edit(source.filename, (place.row, 1), (place.end_row + 1, 1), "")
