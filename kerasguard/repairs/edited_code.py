"""Try an edit inside the user's own functions: in the trial of the failing call they run as edited."""

from __future__ import annotations

import contextlib
import linecache
from collections.abc import Callable, Iterator, Sequence
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
            return applied.accepted(applied.function, evidence.event.error, _swapped(swaps))
        assert call is not None  # noqa: S101 - asked above
        with _swapped(swaps):
            return try_call(call, evidence.event.built_before, SECONDS)

    return check


def _swaps(evidence: Evidence, changes: Sequence[Edit]) -> list[tuple[FunctionType, CodeType]]:
    """Return the functions that contain the edits, with their edited code; nothing where one cannot be exchanged."""
    found: list[tuple[FunctionType, CodeType]] = []
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


def _exchange(
    evidence: Evidence, frame: UserFrame, source: SourceFile, changes: Sequence[Edit]
) -> tuple[FunctionType, CodeType] | None:
    function = _function(frame) or _mapped(evidence, frame)
    if function is None:
        return None
    text = edits.applied(source, changes)
    try:
        old = list(_codes(compile(source.text, source.filename, "exec", dont_inherit=True)))
        new = list(_codes(compile(text, EDITED, "exec", dont_inherit=True)))
    except (SyntaxError, ValueError):
        return None
    places = [(code.co_qualname, code.co_firstlineno) for code in old]
    wanted = (frame.code.co_qualname, frame.code.co_firstlineno)
    if len(old) != len(new) or wanted not in places:
        return None
    code = new[places.index(wanted)]
    if code.co_freevars != function.__code__.co_freevars:
        return None
    linecache.cache[EDITED] = (len(text), None, text.splitlines(keepends=True), EDITED)  # where AutoGraph looks it up
    return function, code


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
        found: Any = held.get(frame.code.co_name)
        found = getattr(found, "__func__", found)
        found = getattr(found, "python_function", found)
        if isinstance(found, FunctionType) and found.__code__ is frame.code:
            return found
    return None


def _mapped(evidence: Evidence, frame: UserFrame) -> FunctionType | None:
    """Return the function of the stage that was being made, where a frame runs it: a lambda has no name to find it by."""
    applied = applied_of(evidence)
    found = applied.function if applied is not None else None
    return found if isinstance(found, FunctionType) and found.__code__ is frame.code else None


@contextlib.contextmanager
def _swapped(swaps: list[tuple[FunctionType, CodeType]]) -> Iterator[None]:
    before = [(function, function.__code__) for function, _ in swaps]
    try:
        for function, code in swaps:
            function.__code__ = code
        yield
    finally:
        for function, code in before:
            function.__code__ = code
        linecache.cache.pop(EDITED, None)
