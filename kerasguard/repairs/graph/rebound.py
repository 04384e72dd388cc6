"""A model whose inputs hold a name that held an Input before, and another tensor when the model was made."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import connections, specs, wants
from kerasguard.adapters.tensors import blank_rows
from kerasguard.adapters.trial import Call, Outcome, try_call
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.access import read
from kerasguard.provenance.origins import call_that_made, lines_that_made
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.data.changing import changed, stand_in_for
from kerasguard.repairs.failing import statement_place
from kerasguard.vocabulary import Place, Shape


@dataclass(frozen=True)
class Rebound:
    """The use of a name among a model's inputs, the Input that it held, and what bound it anew.

    Attributes
    ----------
    use
        The name (or attribute) as the model's constructor is given it.
    first, later
        The statements that bind it to the Input, and first to something else.
    wanted, declared
        What the model wants there now, and what the Input wants.
    given
        The data that does not fit what is wanted now, and fits the Input.
    """

    use: ast.expr
    first: ast.stmt
    later: ast.stmt
    source: SourceFile
    wanted: Shape | None
    declared: Shape | None
    given: Given

    @property
    def name(self) -> str:
        """The name as it is written."""
        return self.source.segment(self.use)

    def place(self, node: ast.AST) -> Place:
        """Return the place of a statement."""
        return statement_place(self.source, node)


def rebound_input(evidence: Evidence) -> Rebound | None:
    """Return the input of a called model that is no Input of the user's any more; None where there is none."""
    model = evidence.event.owner
    located = call_that_made(model) if wants.is_model(model) else None
    if located is None:
        return None
    source, call = located
    tensors = list(read(model, "inputs") or ())
    for given, index in _paired(evidence):
        got, wanted = _shape_given(given), evidence.wanted[index].display
        if index >= len(tensors) or _fits(wanted, got):
            continue
        use = _input(call, index, len(evidence.wanted))
        for tensor in _inputs_before(tensors[index]):
            declared = specs.shape_of(tensor)
            bound = None if use is None or not _fits(declared, got) else _bindings(source, use, tensor, tensors[index])
            if use is not None and bound is not None:
                return Rebound(use, *bound, source, wanted, declared, given)
    return None


def _paired(evidence: Evidence) -> Iterator[tuple[Given, int]]:
    """Yield what was given with the index of the input that it is for; a name that no input has is for the one left."""
    wanted, given = evidence.wanted, evidence.given
    if len(wanted) != len(given):
        return
    keys = [path[-1] if (path := one.path if one.element is None else one.element) else None for one in given]
    if not all(isinstance(key, str) for key in keys):
        yield from ((one, index) for index, one in enumerate(given))
        return
    left = [index for index, want in enumerate(wanted) if want.name not in keys]
    names = [want.name for want in wanted]
    for one, key in zip(given, keys, strict=True):
        if key in names:
            yield one, names.index(str(key))
        elif len(left) == 1:
            yield one, left[0]


def _shape_given(given: Given) -> Shape | None:
    return given.shape if given.element is not None else specs.shape_of(given.value) or given.shape


def _inputs_before(tensor: Any) -> tuple[Any, ...]:
    """Return the Inputs behind the tensor in whose place Keras put an input of its own."""
    middle = connections.stood_in_for(tensor)
    return () if middle is None else connections.ends_before(middle)


def _fits(want: Shape | None, got: Shape | None) -> bool:
    if want is None or got is None:
        return True
    return len(want) == len(got) and all(
        a is None or b is None or a == b for a, b in zip(want[1:], got[1:], strict=True)
    )


def _input(call: ast.Call, index: int, count: int) -> ast.expr | None:
    """Return the name that a model's constructor is given for one of its inputs."""
    keyword = next((one.value for one in call.keywords if one.arg == "inputs"), None)
    node = keyword if keyword is not None else call.args[0] if call.args else None
    if isinstance(node, ast.List | ast.Tuple) and len(node.elts) == count:
        node = node.elts[index]
    elif isinstance(node, ast.Dict) and len(node.values) == count:
        node = node.values[index]
    elif count != 1:
        return None
    return node if isinstance(node, ast.Name | ast.Attribute) else None


def _bindings(source: SourceFile, use: ast.expr, first: Any, entrance: Any) -> tuple[ast.stmt, ast.stmt] | None:
    """Return the statements that bind a name to an Input, and first to what is made of it, by where these were made."""
    begun = _binding(source, use, connections.maker(first))
    nodes = connections.calls_before(connections.stood_in_for(entrance))
    following = [_binding(source, use, node) for node in nodes]
    anew = [one for one in following if one is not None and one is not begun]
    return None if begun is None or not anew else (begun, anew[-1])


def _binding(source: SourceFile, use: ast.expr, made: Any) -> ast.stmt | None:
    """Return the statement that binds the name of `use` to what was made there."""
    for other, node in lines_that_made(made):
        statement = other.statement(node)
        if other is source and source.owner(node) is source.owner(use) and statement is not None:
            written = [source.segment(one) for one in _targets(statement)]
            return statement if source.segment(use) in written else None
    return None


def _targets(statement: ast.stmt) -> Iterator[ast.expr]:
    for target in getattr(statement, "targets", None) or [getattr(statement, "target", None)]:
        yield from target.elts if isinstance(target, ast.List | ast.Tuple) else [target] if target is not None else []


def candidates(evidence: Evidence, found: Rebound) -> Iterator[Candidate]:
    """Propose to keep the Input under a name of its own."""
    kept = edits.fresh_name(found.source, f"{found.name.rpartition('.')[2].strip('_')}_input")
    call = _in_the_middle(evidence, found)
    yield Candidate(
        title=f"keep the Input as `{kept}`, and make the model from that",
        edits=(
            edits.insert_after(found.source, found.first, f"{kept} = {found.name}"),
            edits.replace(found.source, found.use, kept),
        ),
        cost=0.4,
        check=lambda: _tried(evidence, call),
        cause=found.place(found.later),
        exact=call is not None,
    )


def _in_the_middle(evidence: Evidence, found: Rebound) -> Call | None:
    """Return the failing call with what the layers before make of the data: what goes on in the model from there."""
    call, given = evidence.call, found.given
    if call is None or found.wanted is None:
        return None
    rows = (_shape_given(given) or (None,))[0]
    if given.element is None:
        shape = (1 if rows is None else rows, *found.wanted[1:])
        return changed(call, {(given.slot, given.path): stand_in_for(given, shape)})
    if specs.kind_of(given.value) != "dataset" or call.x is not given.value:
        return None
    path, sample = given.element, found.wanted[1:]

    def replaced(*element: Any) -> Any:
        return _blanked(element if isinstance(given.value.element_spec, tuple) else element[0], path, sample)

    return dataclasses.replace(call, x=given.value.map(replaced))


def _blanked(tree: Any, path: tuple[Any, ...], sample: Shape) -> Any:
    if not path:
        return blank_rows(tree, sample)
    if isinstance(tree, dict):
        return {**tree, path[0]: _blanked(tree[path[0]], path[1:], sample)}
    return tuple(_blanked(one, path[1:], sample) if index == path[0] else one for index, one in enumerate(tree))


def _tried(evidence: Evidence, call: Call | None) -> Outcome:
    """Return whether the rest of the model takes what the layers before it make of data that fits the Input."""
    if call is None:
        return Outcome(accepted=True, note="the data fits the Input, and the outputs come from it")
    if not evidence.reproduced:
        return Outcome(accepted=False, note="the failure is not seen on specs")
    outcome = try_call(call, evidence.event.built_before)
    if not outcome.accepted:
        return outcome
    return dataclasses.replace(outcome, note=f"the data fits the Input, and from there {outcome.note}")
