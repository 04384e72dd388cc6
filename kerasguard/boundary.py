"""The only wrapper body: notice the outermost guarded call, explain its failure once, raise it again."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from kerasguard.event import Event, clear_stash, full_stack
from kerasguard.faults import contained

Explain = Callable[[Event], None]
Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]


class _Depth(threading.local):
    """How many guarded calls of this thread are open."""

    inside = False


_depth = _Depth()


class inside_guard:  # noqa: N801 - a context manager that reads like a phrase
    """While open, guarded calls of this thread pass through: for kerasguard's own calls into Keras."""

    def __enter__(self) -> None:
        self._before = _depth.inside
        _depth.inside = True

    def __exit__(self, *_: object) -> None:
        _depth.inside = self._before


def guarded(entry: str, explain: Explain, built: Callable[[Any], frozenset[int] | None]) -> Wrapper:
    """Return the body that guards the entry point named `entry`.

    Parameters
    ----------
    entry
        The name that `Event.entry` will carry.
    explain
        Called once with the event of a failure that leaves the outermost guarded call.
    built
        Notes at entry which layers of the owner are built already.
    """

    def body(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        if _depth.inside:
            return wrapped(*args, **kwargs)
        _depth.inside = True
        try:
            built_before = built(instance)
            return wrapped(*args, **kwargs)
        except Exception as error:
            event = Event(error, entry, instance, args, kwargs, built_before=built_before)
            explain_once(event, explain, sys._getframe())  # noqa: SLF001 - the frames that called us
            raise
        finally:
            _depth.inside = False

    return body


def explain_once(event: Event, explain: Explain, around: FrameType | None) -> None:
    """Explain `event` while its objects are alive, and let go of them; never raises outside kerasguard's own tests."""
    error = event.error
    try:
        with inside_guard(), contained("explaining an error"):
            event.stack = full_stack(error, around)
            explain(event)
    finally:
        with contained("letting go of an error"):
            event.stack = ()
            clear_stash(error, around)
