"""The only wrapper body: notice the outermost guarded call, explain its failure once, raise it again."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from kerasguard.errors import fields
from kerasguard.event import Event, OpenCall, clear_stash, forget_names, full_stack
from kerasguard.faults import contained, room
from kerasguard.provenance.recorder import user_stack

Explain = Callable[[Event], None]
Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]


Watch = Callable[[OpenCall], None]


class _Depth(threading.local):
    """Whether a guarded call of this thread is open, and what its data adapter has drawn from the user's iterator."""

    inside = False
    peeked: Any = None
    call: OpenCall | None = None


_depth = _Depth()
_STARTED_IN = "_kerasguard_started_in"
_PUT_OFF = "__kerasguard_put_off__"
EXPLAINED_AT_ONCE = 50  # failures of one line of the program
MOST_PLACES = 10_000
_failures: dict[object, int] = {}


def outermost() -> bool:
    """Return whether a guarded call that begins now would be the outermost one of this thread."""
    return not _depth.inside


def open_call() -> OpenCall | None:
    """Return the watched call that is under way in this thread."""
    return _depth.call


def is_own() -> bool:
    """Return whether kerasguard itself is at work, or a guarded call that is not watched is open."""
    return _depth.inside and _depth.call is None


def peeked(batch: Any) -> None:
    """Note what is known of a batch that Keras has drawn to learn what the user's iterator yields."""
    _depth.peeked = batch


def drawn() -> Any:
    """Return what `peeked` noted in the call that is under way."""
    return _depth.peeked


class inside_guard:  # noqa: N801 - a context manager that reads like a phrase
    """While open, guarded calls of this thread pass through: for kerasguard's own calls into Keras."""

    def __enter__(self) -> None:
        self._before = _depth.inside, _depth.call
        _depth.inside, _depth.call = True, None

    def __exit__(self, *_: object) -> None:
        _depth.inside, _depth.call = self._before


def starting(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wrap the constructor of a thread that works for the one that makes it: calls that are open there are open here."""
    setattr(instance, _STARTED_IN, (_depth.inside, _depth.call, _depth.peeked))
    return wrapped(*args, **kwargs)


def started(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wrap the work of such a thread: an error that leaves it is explained where the guarded call ends."""
    _depth.inside, _depth.call, _depth.peeked = getattr(instance, _STARTED_IN, (False, None, None))
    return wrapped(*args, **kwargs)


def guarded(
    entry: str, explain: Explain, built: Callable[[Any], frozenset[int] | None], watch: Watch | None = None
) -> Wrapper:
    """Return the body that guards the entry point named `entry`.

    Parameters
    ----------
    entry
        The name that `Event.entry` will carry.
    explain
        Called once with the event of a failure that leaves the outermost guarded call.
    built
        Notes at entry which layers of the owner are built already.
    watch
        Called with an outermost call that went well.
    """

    def body(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        if instance is None:
            return wrapped(*args, **kwargs)  # no method any more: somebody has put a mock in its place
        _depth.inside = True
        built_before = call = None
        try:
            built_before = built(instance)
            if watch is None:
                return wrapped(*args, **kwargs)
            call = _depth.call = OpenCall(entry, instance, args, kwargs, sys._getframe())  # noqa: SLF001 - itself
            result = wrapped(*args, **kwargs)
            watch(call)
            return result
        except Exception as error:
            try:
                event = Event(error, entry, instance, args, kwargs, built_before=built_before, peeked=_depth.peeked)
                failed(event, explain, sys._getframe())  # noqa: SLF001 - the frames that called us
            except RecursionError:
                pass  # no frame is left to say anything in
            raise
        finally:
            _depth.inside = False
            _depth.peeked = _depth.call = None
            del call  # it holds this frame

    return body


_BODY = guarded("", lambda _: None, lambda _: None).__code__


def put_off(error: BaseException) -> tuple[Event, FrameType] | None:
    """Return the event of an error whose explanation was put off, and the frame that caught it; once."""
    if not fields(error).pop(_PUT_OFF, False):
        return None
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code is not _BODY:
        traceback = traceback.tb_next
    if traceback is None:
        return None
    held = traceback.tb_frame.f_locals
    event = Event(
        error, held["entry"], held["instance"], held["args"], held["kwargs"], built_before=held["built_before"]
    )
    return event, traceback.tb_frame


def forget_places() -> None:
    """Explain at once again what fails at lines that failed often."""
    _failures.clear()


def postponed(error: BaseException, frame: FrameType) -> bool:
    """Return whether this line of the program has failed so often that the program seems to live with it.

    A search that tries thousands of settings must not wait for an explanation of each failure. The error is marked,
    and explained if it turns out that somebody wants to know: nobody catches it, or asks for its diagnosis.
    """
    place = user_stack(frame)
    if len(_failures) >= MOST_PLACES:
        _failures.clear()
    times = _failures[place] = _failures.get(place, 0) + 1
    if times <= EXPLAINED_AT_ONCE or not place or _depth.peeked is not None:  # what was peeked is gone later
        return False
    fields(error)[_PUT_OFF] = True
    return True


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put garbage collection off: with TensorFlow loaded a full pass costs more than all of an explanation."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def failed(event: Event, explain: Explain, around: FrameType) -> None:
    """Explain a failure now, or note that it was put off; raises nothing but `RecursionError` for want of any frame."""
    with room():
        if not postponed(event.error, around):
            explain_once(event, explain, around)


def explain_once(event: Event, explain: Explain, around: FrameType | None) -> None:
    """Explain `event` while its objects are alive, and let go of them; never raises outside kerasguard's own tests."""
    error = event.error
    try:
        with inside_guard(), room(), _uncollected(), contained("explaining an error"):
            event.stack = full_stack(error, around)
            explain(event)
    finally:
        with contained("letting go of an error"):
            event.stack = ()
            clear_stash(error, around)
            forget_names(around)
