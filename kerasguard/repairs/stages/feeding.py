"""The datasets whose elements were being computed when an error was raised, and the line in a stage that failed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from kerasguard.adapters import pipeline_graphs, specs
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Closure
from kerasguard.provenance.reentry import function_scope, run_scope, users_function
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.provenance.user_files import is_user_file
from kerasguard.provenance.walk import walk_budget
from kerasguard.vocabulary import Place

SLOTS = ("x", "validation_data")
AT_RUN_TIME = "InvalidArgumentError"


def datasets(evidence: Evidence) -> Iterator[Any]:
    """Yield the datasets that were passed to the failing call, or that the program was iterating over."""
    seen: list[Any] = []
    running = pipeline_graphs.iterated(entry.frame for entry in evidence.event.stack)
    for value in (running, *(getattr(evidence.call, slot, None) for slot in SLOTS)):
        if specs.kind_of(value) == "dataset" and all(value is not one for one in seen):
            seen.append(value)
            yield value


class FailedLine(NamedTuple):
    """The statement of the user's that made the operation which failed on an element."""

    dataset: Any
    operation: pipeline_graphs.FailedOp
    source: SourceFile
    statement: ast.stmt

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.source.place(self.statement)


def failed_line(evidence: Evidence) -> FailedLine | None:
    """Return the line inside a stage's function at which an element could not be computed; asked once."""
    held = vars(evidence)
    if "_failed_line" not in held:
        held["_failed_line"] = _failed_line(evidence)
    found: FailedLine | None = held["_failed_line"]
    return found


def _failed_line(evidence: Evidence) -> FailedLine | None:
    if type(evidence.event.error).__name__ != AT_RUN_TIME:
        return None
    for dataset in datasets(evidence):
        failed = pipeline_graphs.failed_op(dataset, evidence.event.error)
        line = None if failed is None else _line_of(dataset, failed)
        if line is not None:
            return line
    return None


def _line_of(dataset: Any, operation: pipeline_graphs.FailedOp) -> FailedLine | None:
    """Return the innermost statement of the user's that made an operation."""
    for filename, row in reversed(operation.lines):
        source = source_of(filename) if is_user_file(filename) else None
        statement = source.at_line(row) if source is not None else None
        if source is not None and statement is not None:
            return FailedLine(dataset, operation, source, statement)
    return None


def failed_stage(evidence: Evidence) -> tuple[FailedLine, Scope] | None:
    """Return the line that failed with the scope in which it ran: that of the stage's function, its elements unknown."""
    line = failed_line(evidence)
    scope = None if line is None else scope_in(evidence, line)
    return None if line is None or scope is None else (line, scope)


def scope_in(evidence: Evidence, line: FailedLine) -> Scope | None:
    """Return the scope of the function that a line stands in, entered with elements of which nothing is known."""
    budget = walk_budget()
    owner = line.source.owner(line.statement)
    around = next((one for one in evidence.scopes if one.source is line.source), evidence.scopes[-1]).module()
    if not isinstance(owner, ast.FunctionDef | ast.Lambda):
        return around
    function = users_function(pipeline_graphs.function_of(line.operation.stage))
    scope = function_scope(function, (), {}, budget) if function is not None else None
    if scope is None or scope.owner is not owner:
        scope = function_scope(Closure(owner, line.source, around), (), {}, budget)
    run_scope(scope, budget)
    return scope


def lines_in_python(dataset: Any) -> Iterator[FailedLine]:
    """Yield the lines in a pipeline's functions that call back into Python: TensorFlow knows no shape behind them."""
    for operation in pipeline_graphs.python_ops(dataset):
        line = _line_of(dataset, operation)
        if line is not None:
            yield line
