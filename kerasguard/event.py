"""What the boundary caught: the error, the call it left, and the whole stack that led to it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from kerasguard.errors import fields

STASH = "__kerasguard_traceback__"
LIBRARIES = frozenset({"keras", "tf_keras", "tensorflow"})
_OURS_AND_THE_FRAMES = 3  # our variable, the argument of getrefcount, and the frame itself


class StackEntry(NamedTuple):
    """A frame with the instruction it was at when the error passed."""

    frame: FrameType
    lasti: int
    lineno: int


class OpenCall(NamedTuple):
    """A guarded call that is under way, or has just ended well."""

    entry: str
    owner: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    frame: FrameType


@dataclass(slots=True)
class Event:
    """A failure that left the outermost guarded call; lives only while it is being explained.

    Attributes
    ----------
    entry
        The guarded entry point: ``call``, ``fit``, ``functional`` (a functional model's constructor), ``add``,
        ``op``, ``keras_tensor``, ... ; ``none`` for an error that passed no entry point.
    owner
        The layer, model or tensor whose method it was, or None.
    stack
        Every frame from the program's first line to the innermost one, Keras' filtered frames included.
    built_before
        Ids of the owner's layers that were built when the call began; None where all were.
    peeked
        Specs of the first batch that Keras drew from a generator or Sequence, where it keeps none itself.
    order
        The names of the positional arguments as the user wrote them, where they are not those of the entry point.
    """

    error: BaseException
    entry: str
    owner: Any = None
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    stack: tuple[StackEntry, ...] = ()
    built_before: frozenset[int] | None = None
    peeked: Any = None
    order: tuple[str, ...] = ()


class _Stash:
    """A traceback that does not travel: an exception that holds it is pickled and copied without it."""

    __slots__ = ("traceback",)

    def __init__(self, traceback: TracebackType) -> None:
        self.traceback = traceback

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return type(None), ()


def stash_traceback(error: BaseException | None, traceback: TracebackType | None) -> None:
    """Keep the complete traceback on `error` before Keras filters it."""
    if error is None or traceback is None or stashed(error) is not None:
        return
    fields(error)[STASH] = _Stash(traceback)


def stashed(error: BaseException) -> TracebackType | None:
    """Return the complete traceback of `error`, if one was kept."""
    stash = fields(error).get(STASH)
    return stash.traceback if isinstance(stash, _Stash) else None


def full_stack(error: BaseException, around: FrameType | None) -> tuple[StackEntry, ...]:
    """Join all that is known of the stack of `error`.

    Keras filters tracebacks and replaces exceptions on the way out. The earliest exception of the chain has the
    deepest frames; ``f_back`` leads from there to the frames that the filters dropped.

    Parameters
    ----------
    error
        The exception as it left the guarded call.
    around
        The frame that caught it; the frames that called it stand in no traceback yet.
    """
    known: dict[int, StackEntry] = {}
    callers: dict[int, FrameType] = {}  # a generator that has finished does not know its caller any more
    deepest = around
    for link in replaced(error, around):
        for traceback in (link.__traceback__, stashed(link)):
            caller: FrameType | None = None
            for entry in _entries(traceback):
                known.setdefault(id(entry.frame), entry)
                if caller is not None:
                    callers.setdefault(id(entry.frame), caller)
                deepest = caller = entry.frame
    stack: dict[int, StackEntry] = {}
    while deepest is not None:
        stack[id(deepest)] = known.get(id(deepest)) or StackEntry(deepest, deepest.f_lasti, deepest.f_lineno or 0)
        deepest = deepest.f_back or callers.get(id(deepest)) or _taken_over(error, stack)
    return tuple(reversed(stack.values()))


def _taken_over(error: BaseException, stack: Mapping[int, StackEntry]) -> FrameType | None:
    """Return the frame that raised `error` on when it had ended another thread, whose frames are those of `stack`."""
    frame = None
    for entry in _entries(error.__traceback__):
        if id(entry.frame) in stack:
            return frame
        frame = entry.frame
    return frame


def clear_stash(error: BaseException, around: FrameType | None) -> None:
    """Let go of the frames that were kept for the explanation."""
    for link in replaced(error, around):
        fields(link).pop(STASH, None)


def forget_names(frame: FrameType | None) -> None:
    """Empty the snapshots of local names that looking at running functions has left on their frames.

    Before Python 3.13 such a snapshot lives as long as its frame and would keep tensors and models alive. One that
    somebody else holds (``locals()`` returns the same dict) is left alone.
    """
    while frame is not None and sys.version_info < (3, 13):
        if frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            names = frame.f_locals
            if sys.getrefcount(names) <= _OURS_AND_THE_FRAMES:
                names.clear()
        frame = frame.f_back


def replaced(error: BaseException, around: FrameType | None) -> Iterator[BaseException]:
    """Yield `error` and the exceptions it replaced, latest first, leaving out those handled before the call."""
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        if link is not error and not _below(link, around):
            return
        yield link
        before = link.__cause__ or link.__context__
        # An error that was merely being handled is no earlier form of this one; one that was raised again ("from",
        # "from None"), converted by AutoGraph, or hidden by a library that caught it, is.
        converted = before is not None and "ag_error_metadata" in fields(before)
        raised_again = link.__suppress_context__ or converted or _hidden(link, before)
        link = before if raised_again else None


def _hidden(error: BaseException, before: BaseException | None) -> bool:
    """Return whether library code caught `before` and raised `error` for it in the same frame."""
    if before is None or before.__traceback__ is None:
        return False
    traceback = stashed(error) or error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    raising = traceback.tb_frame if traceback is not None else None
    if raising is None or raising is not before.__traceback__.tb_frame:
        return False
    return str(raising.f_globals.get("__name__", "")).partition(".")[0] in LIBRARIES


def _below(error: BaseException, around: FrameType | None) -> bool:
    """Return whether `error` came from a call made by the frame `around`."""
    if around is None:
        return True
    traceback = stashed(error) or error.__traceback__
    frame = traceback.tb_frame if traceback is not None else None
    while frame is not None:
        if frame is around:
            return True
        frame = frame.f_back
    return False


def _entries(traceback: TracebackType | None) -> Iterator[StackEntry]:
    while traceback is not None:
        yield StackEntry(traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)
        traceback = traceback.tb_next
