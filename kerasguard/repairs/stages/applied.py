"""The stage of a pipeline that was being made when an error was raised, with where the user wrote it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, stage_calls
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.provenance.user_files import is_user_file
from kerasguard.provenance.walk import chain
from kerasguard.vocabulary import Offender, Place


@dataclass(frozen=True)
class Applied:
    """A stage that takes a function of the user's.

    Attributes
    ----------
    operation
        ``map``, ``filter``, ``flat_map`` or ``interleave``.
    dataset
        What the stage was applied to.
    parts
        The specs of the arguments that the function gets.
    node, argument, scope, source
        The call, and the function in it, as they are written.
    inside
        Whether code of the user's was running in the function.
    """

    operation: str
    dataset: Any
    function: Any
    parts: tuple[Any, ...]
    node: ast.Call
    argument: ast.expr
    scope: Scope
    source: SourceFile
    inside: bool

    @property
    def name(self) -> str:
        """The function as it is written, a lambda by that word."""
        return "the lambda" if isinstance(self.argument, ast.Lambda) else f"`{self.source.segment(self.argument)}`"

    @property
    def receiver(self) -> ast.expr:
        """The expression of the dataset."""
        assert isinstance(self.node.func, ast.Attribute)  # noqa: S101 - `applied_of` looks for nothing else
        return self.node.func.value

    @property
    def place(self) -> Place:
        """The call's line."""
        return self.source.place(self.source.statement(self.node) or self.node)

    def accepted(
        self, mended: Callable[..., Any], error: BaseException, within: AbstractContextManager[None] | None = None
    ) -> Outcome:
        """Return whether the stage can be made with another function, or `within` a change of the one that failed."""
        return stage_calls.accepted(self.operation, self.dataset, self.function, mended, error, within)

    def named(self) -> Iterator[tuple[str, Any]]:
        """Yield a name for each part of an element, and its spec: the variable that it was taken from, if there is one."""
        for index, part in enumerate(self.parts):
            path = ("*", index) if type(self.dataset.element_spec) is tuple else ("*",)
            links = chain(self.receiver, self.scope, path)
            names = [one.node.id for one in links if isinstance(one.node, ast.Name) and one.path != path]
            yield (names[0] if names else f"part {index}"), part

    def offenders(self) -> Iterator[Offender]:
        """Yield the function, and the tensors that it is given."""
        if not isinstance(self.argument, ast.Lambda):
            yield Offender(self.source.segment(self.argument), "function")
        if isinstance(self.receiver, ast.Name):
            yield Offender(self.receiver.id, "dataset")
        for name, part in self.named():
            for path in stage_calls.spec_paths(part):
                leaf = stage_calls.component((part,), (0, *path))
                shown = str(path[-1]) if path and isinstance(path[-1], str) else name
                yield Offender(shown, "tensor", specs.shape_of(leaf), specs.dtype_of(leaf))


def applied_of(evidence: Evidence) -> Applied | None:
    """Return the stage that was being made; asked once."""
    held = vars(evidence)
    if "_applied" not in held:
        held["_applied"] = _applied(evidence)
    found: Applied | None = held["_applied"]
    return found


def _applied(evidence: Evidence) -> Applied | None:
    call = stage_calls.stage_call(evidence.event.stack)
    index = None if call is None else evidence.frame_above(call.depth)
    if call is None or index is None:
        return None
    frame, scope = evidence.frames[index], evidence.scopes[index]
    node = frame.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or scope.source is None:
        return None
    if node.func.attr != call.operation:
        return None
    given = [*node.args[:1], *(one.value for one in node.keywords if one.arg in stage_calls.FUNCTIONS.values())]
    if not given or isinstance(given[0], ast.Starred):
        return None
    inside = index < len(evidence.frames) - 1
    parts = stage_calls.parts_of(call.dataset)
    return Applied(call.operation, call.dataset, call.function, parts, node, given[0], scope, scope.source, inside)


def definition(function: Any) -> tuple[SourceFile, ast.FunctionDef | ast.Lambda] | None:
    """Return where a function of the user's is written."""
    function = getattr(function, "python_function", function)
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    source = source_of(code.co_filename) if code is not None and is_user_file(code.co_filename) else None
    node = source.definition(code) if source is not None and code is not None else None
    return (source, node) if source is not None and isinstance(node, ast.FunctionDef | ast.Lambda) else None
