"""Explain uncaught errors: chained to the hooks that were there, which come back on uninstall."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from kerasguard.faults import contained
from kerasguard.vocabulary import Diagnosis

ExplainUncaught = Callable[[BaseException], Diagnosis | None]
_before: tuple[Any, Any] | None = None
_ours: tuple[Any, Any] | None = None


def install(explain: ExplainUncaught) -> None:
    """Put hooks for the main thread and for others in front of those that are set now."""
    global _before, _ours
    if _ours is not None:
        return
    _before = (sys.excepthook, threading.excepthook)
    main, others = _before

    def in_main(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        _explained(explain, error)
        if main is sys.__excepthook__ and _shown(error):
            return
        main(kind, error, traceback)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            _explained(explain, args.exc_value)
        others(args)

    _ours = (in_main, in_thread)
    sys.excepthook, threading.excepthook = _ours


def uninstall() -> None:
    """Bring the earlier hooks back, unless somebody has put others in front of ours since."""
    global _before, _ours
    if _before is None or _ours is None:
        return
    if sys.excepthook is _ours[0]:
        sys.excepthook = _before[0]
    if threading.excepthook is _ours[1]:
        threading.excepthook = _before[1]
    _before = _ours = None


def _explained(explain: ExplainUncaught, error: BaseException) -> None:
    with contained("explaining an uncaught error"):
        explain(error)


def _shown(error: BaseException) -> bool:
    """Render the error ourselves where the terminal is ours; False leaves it to the hook that was there."""
    shown = False
    with contained("showing an uncaught error"):
        from kerasguard.render import terminal

        shown = terminal.show_uncaught(error)
    return shown  # noqa: RET504 - `contained` may swallow a fault on the way
