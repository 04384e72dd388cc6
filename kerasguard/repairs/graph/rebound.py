"""A model whose inputs hold a name that held an Input before, and another tensor when the model was made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import connections, specs, wants
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import read
from kerasguard.provenance.origins import call_that_made, made_at
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.vocabulary import Place, Shape


@dataclass(frozen=True)
class Rebound:
    """The use of a name among a model's inputs, the Input that it held, and what bound it anew."""

    use: ast.Name
    first: ast.Assign
    later: ast.Assign
    source: SourceFile
    wanted: Shape | None

    def place(self, node: ast.AST) -> Place:
        """Return the place of a statement."""
        return statement_place(self.source, node)


def rebound_input(evidence: Evidence) -> Rebound | None:
    """Return the input of a called model that is no Input of the user's any more; None where there is none."""
    model = evidence.event.owner
    wanted, given = evidence.wanted, evidence.given
    if not wants.is_model(model) or len(wanted) != len(given):
        return None
    wrong = [
        index
        for index, (want, got) in enumerate(zip(wanted, given, strict=True))
        if not _fits(want.display, specs.shape_of(got.value) or got.shape)
    ]
    located = call_that_made(model)
    if not wrong or located is None:
        return None
    source, call = located
    for index in wrong:
        if _is_users(model, index, call):
            continue
        use = _input(call, index, len(wanted))
        bound = None if use is None else _bindings(source, call, use.id)
        if use is not None and bound is not None:
            return Rebound(use, *bound, source, wanted[index].display)
    return None


def _is_users(model: Any, index: int, call: ast.Call) -> bool:
    """Return whether an input of a model is an Input that the user made, not one that Keras put in its place."""
    tensors = list(read(model, "inputs") or ())
    located = made_at(connections.maker(tensors[index])) if index < len(tensors) else None
    return located is not None and located[1] is not call


def _fits(want: Shape | None, got: Shape | None) -> bool:
    if want is None or got is None:
        return True
    return len(want) == len(got) and all(
        a is None or b is None or a == b for a, b in zip(want[1:], got[1:], strict=True)
    )


def _input(call: ast.Call, index: int, count: int) -> ast.Name | None:
    """Return the name that a model's constructor is given for one of its inputs."""
    keyword = next((one.value for one in call.keywords if one.arg == "inputs"), None)
    node = keyword if keyword is not None else call.args[0] if call.args else None
    if isinstance(node, ast.List | ast.Tuple) and len(node.elts) == count:
        node = node.elts[index]
    elif count != 1:
        return None
    return node if isinstance(node, ast.Name) else None


def _bindings(source: SourceFile, call: ast.Call, name: str) -> tuple[ast.Assign, ast.Assign] | None:
    """Return the statement that binds a name to an Input, and the next one that binds it to what is made of it."""
    found = [
        node
        for node in ast.walk(source.owner(call))
        if isinstance(node, ast.Assign)
        and node.lineno < call.lineno
        and source.owner(node) is source.owner(call)
        and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
    ]
    found.sort(key=lambda node: node.lineno)
    first = next((one for one in found if _makes_input(one.value)), None)
    later = [one for one in found if first is not None and one.lineno > first.lineno]
    if first is None or not later or any(_makes_input(one.value) for one in later):
        return None
    reads = any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(later[0].value))
    return (first, later[0]) if reads else None


def _makes_input(node: ast.expr) -> bool:
    func = node.func if isinstance(node, ast.Call) else None
    return (func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")) == "Input"


def candidates(found: Rebound) -> Iterator[Candidate]:
    """Propose to keep the Input under a name of its own."""
    kept = edits.fresh_name(found.source, f"{found.use.id}_input")
    yield Candidate(
        title=f"keep the Input as `{kept}`, and make the model from that",
        edits=(
            edits.insert_after(found.source, found.first, f"{kept} = {found.use.id}"),
            edits.replace(found.source, found.use, kept),
        ),
        cost=0.4,
        cause=found.place(found.later),
        exact=False,
    )
