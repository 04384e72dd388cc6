"""A step of the user's own that takes the first part of its data where fit hands it the data alone: that is one sample."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from kerasguard.adapters.tensors import blank
from kerasguard.adapters.trial import Call, Outcome, try_call
from kerasguard.evidence import Evidence
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Place

STEPS = {"train_step": ("fit", "train_on_batch"), "test_step": ("fit", "evaluate", "test_on_batch")}


class Taken(NamedTuple):
    """The expressions that take the same part of the data in a step, the first one to name it by."""

    source: SourceFile
    nodes: tuple[ast.Subscript, ...]
    name: str

    @property
    def node(self) -> ast.Subscript:
        """The first of them."""
        return self.nodes[0]

    @property
    def place(self) -> Place:
        """Its statement."""
        return self.source.place(self.source.statement(self.node) or self.node)


def first_sample(evidence: Evidence) -> Taken | None:
    """Return where a step that failed takes the first sample of a batch for the first part of its data."""
    given = evidence.everything
    if len(given) != 1 or given[0].slot != "x" or given[0].path or given[0].element not in (None, ()):
        return None  # fit makes a tuple of what has several parts
    for frame in reversed(evidence.frames):
        if frame.source is None or evidence.event.entry not in STEPS.get(frame.function, ()):
            continue
        statement = frame.source.at_line(frame.lineno)
        function = frame.source.function(statement) if statement is not None else None
        if function is not None and len(function.args.args) == 2:
            return _taken(frame.source, function, function.args.args[1].arg, statement)
    return None


def _taken(source: SourceFile, function: ast.AST, name: str, failing: ast.stmt | None) -> Taken | None:
    found = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        and isinstance(node.slice, ast.Constant)
        and type(node.slice.value) is int
        and not _asks(source, node, name)
    ]
    same = tuple(node for node in found if ast.dump(node) == ast.dump(found[0]))
    if not same or len(same) < len(found) or failing is None or same[0].lineno > failing.lineno:
        return None
    return Taken(source, same, name)


def _asks(source: SourceFile, node: ast.AST, name: str) -> bool:
    """Return whether the part is taken only on a condition that looks at the data."""
    current = source.parent(node)
    while current is not None and not isinstance(current, ast.FunctionDef):
        test = getattr(current, "test", None)
        if test is not None and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(test)):
            return True
        current = source.parent(current)
    return False


def candidates(evidence: Evidence, found: Taken) -> Iterator[Candidate]:
    """Propose to take the part of a tuple only."""
    source = found.source
    text = f"{source.segment(found.node)} if isinstance({found.name}, tuple) else {found.name}"
    written = [
        edits.replace(source, node, text if isinstance(source.parent(node), ast.Assign) else f"({text})")
        for node in found.nodes
    ]
    yield Candidate(
        title="take the first part only where there are several",
        edits=tuple(written),
        cost=0.6,
        check=lambda: _outcome(evidence),
        cause=found.place,
        exact=False,  # the rest of the step is not tried
    )


def _outcome(evidence: Evidence) -> Outcome:
    """Try the whole batch on the layer that the step called with its first sample."""
    given, calls = evidence.everything[0], evidence.layer_calls
    shape = given.shape
    if not calls or not shape:
        return Outcome(accepted=False, note="the step called no layer")
    control = try_call(Call("call", calls[0].layer, calls[0].inputs), evidence.event.built_before)
    if control.accepted or control.error is None:
        return Outcome(accepted=False, note="the trial does not see the fault")
    batch = blank(shape, given.spec.dtype or "float32")
    return try_call(Call("call", calls[0].layer, batch), evidence.event.built_before)
