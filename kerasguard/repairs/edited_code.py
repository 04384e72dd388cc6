"""Try an edit inside the user's own functions: in the trial of the failing call they run as edited."""

from __future__ import annotations

import ast
import contextlib
import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any

from kerasguard.adapters.trial import Outcome, try_call
from kerasguard.evidence import Evidence
from kerasguard.provenance.frames import UserFrame
from kerasguard.provenance.source import SourceFile, source_of
from kerasguard.repairs import edits
from kerasguard.repairs.stages.applied import applied_of
from kerasguard.vocabulary import Edit

EDITED = "<kerasguard: edited>"
SECONDS = 1.5
Swap = tuple[FunctionType, CodeType]


def tried(evidence: Evidence, changes: Sequence[Edit]) -> Callable[[], Outcome]:
    """Return the trial of edits that lie inside functions which the failing call runs: the control first."""

    def check() -> Outcome:
        call, applied = evidence.call, applied_of(evidence)
        if applied is None and (call is None or not evidence.reproduced):
            return Outcome(accepted=False, note="the trial does not show the failure")
        swaps = _swaps(evidence, changes)
        if not swaps:
            return Outcome(accepted=False, note="undecidable: the edited function cannot be exchanged")
        if applied is not None:
            return applied.accepted(applied.function, evidence.event.error, swapped(swaps))
        assert call is not None  # noqa: S101 - asked above
        with swapped(swaps):
            return try_call(call, evidence.event.built_before, SECONDS)

    return check


def _swaps(evidence: Evidence, changes: Sequence[Edit]) -> list[Swap]:
    """Return the functions that contain the edits, with their edited code; nothing where one cannot be exchanged."""
    found: list[Swap] = []
    for filename in {edit.filename for edit in changes}:
        source = source_of(filename)
        mine = [edit for edit in changes if edit.filename == filename]
        if source is None:
            return []
        around = [frame for frame in evidence.frames if _holds(frame, source, mine)]
        inner = around[-1:]
        pair = _exchange(evidence, inner[0], source, mine) if inner else None
        if pair is None:
            return []
        found.append(pair)
    return found


def _holds(frame: UserFrame, source: SourceFile, changes: Sequence[Edit]) -> bool:
    """Return whether a running function of the file contains all the edits."""
    node = source.definition(frame.code) if frame.source is source else None
    if node is None or frame.code.co_name == "<module>":
        return False
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    return all(first <= edit.start[0] and edit.end[0] <= last for edit in changes)


def _exchange(evidence: Evidence, frame: UserFrame, source: SourceFile, changes: Sequence[Edit]) -> Swap | None:
    function = _function(frame) or _mapped(evidence, frame)
    if function is None:
        return None
    found = _edited(source, changes, [function])
    return found[0] if found else None


def swaps_in(source: SourceFile, changes: Sequence[Edit], names: Mapping[str, Any]) -> list[Swap]:
    """Return the functions and methods of a module that contain the edits, with their edited code.

    Empty where an edit stands outside of all of them: in a header, a class body, a line of the module.
    """
    found: dict[int, FunctionType] = {}
    for edit in changes:
        function = _around(source, edit, names)
        if function is None:
            return []
        found[id(function)] = function
    return _edited(source, changes, list(found.values()))


def _around(source: SourceFile, edit: Edit, names: Mapping[str, Any]) -> FunctionType | None:
    """Return the live function or method in whose body an edit stands."""
    waiting: list[tuple[Any, Any]] = [(node, names) for node in getattr(source.tree, "body", [])]
    while waiting:
        node, held = waiting.pop()
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        first, last = (node.lineno, 0), (node.end_lineno or 0, len(source.text))
        if not first <= edit.start <= edit.end <= last:
            continue
        live = held.get(node.name)
        if isinstance(node, ast.ClassDef):
            waiting += [(one, vars(live)) for one in node.body if isinstance(live, type)]
            continue
        start = source.place(node.body[0])
        if edit.start < (start.row, start.column) and edit.start[0] != start.row:
            return None
        function = _plain(live)
        return function if function is not None and function.__code__.co_filename == source.filename else None
    return None


def _edited(source: SourceFile, changes: Sequence[Edit], functions: Sequence[FunctionType]) -> list[Swap]:
    """Return functions with the code that the edited file gives them; nothing where one cannot be exchanged."""
    text = edits.applied(source, changes)
    try:
        old = list(_codes(compile(source.text, source.filename, "exec", dont_inherit=True)))
        new = list(_codes(compile(text, EDITED, "exec", dont_inherit=True)))
    except (SyntaxError, ValueError):
        return []
    places = [(code.co_qualname, code.co_firstlineno) for code in old]
    found: list[Swap] = []
    for function in functions:
        wanted = (function.__code__.co_qualname, function.__code__.co_firstlineno)
        if len(old) != len(new) or wanted not in places:
            return []
        code = new[places.index(wanted)]
        if code.co_freevars != function.__code__.co_freevars:
            return []
        found.append((function, code))
    linecache.cache[EDITED] = (len(text), None, text.splitlines(keepends=True), EDITED)  # where AutoGraph looks it up
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)


def _function(frame: UserFrame) -> FunctionType | None:
    """Return the function whose code a frame runs: a method of its first argument's class, or a global one."""
    own = next(iter(frame.locals.values()), None)
    names = [vars(cls) for cls in type(own).__mro__] if own is not None else []
    for held in (*names, frame.globals):
        found = _plain(held.get(frame.code.co_name))
        if found is not None and found.__code__ is frame.code:
            return found
    return None


def _plain(found: Any) -> FunctionType | None:
    """Return the function behind what a class or module holds under a name."""
    found = getattr(found, "fget", None) or getattr(found, "__func__", found)
    found = getattr(found, "python_function", found)
    return found if isinstance(found, FunctionType) else None


def _mapped(evidence: Evidence, frame: UserFrame) -> FunctionType | None:
    """Return the function of the stage that was being made, where a frame runs it: a lambda has no name to find it by."""
    applied = applied_of(evidence)
    found = applied.function if applied is not None else None
    return found if isinstance(found, FunctionType) and found.__code__ is frame.code else None


@contextlib.contextmanager
def swapped(swaps: list[Swap]) -> Iterator[None]:
    """Let functions run with other code inside."""
    before = [(function, function.__code__) for function, _ in swaps]
    try:
        for function, code in swaps:
            function.__code__ = code
        yield
    finally:
        for function, code in before:
            function.__code__ = code
        linecache.cache.pop(EDITED, None)
