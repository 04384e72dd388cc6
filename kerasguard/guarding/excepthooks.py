"""Explain uncaught errors: chained to the hooks that were there, which come back on uninstall."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from kerasguard.faults import contained

if TYPE_CHECKING:
    from kerasguard.vocabulary import Diagnosis

ExplainUncaught = Callable[[BaseException], "Diagnosis | None"]
_installed: _Hooks | None = None


class _Hooks:
    """Our two hooks, and those that were set before them."""

    def __init__(self, explain: ExplainUncaught) -> None:
        self.active = True  # a hook that was set after ours may go on calling ours
        self._explain = explain
        self._main, self._others = _in_use(sys.excepthook), _in_use(threading.excepthook)
        # A bound method is made anew each time it is looked up; to be recognized it has to be one object.
        self._ours = (self._in_main, self._in_thread)
        sys.excepthook, threading.excepthook = self._ours

    def take_off(self) -> None:
        """Bring the earlier hooks back, unless somebody has put others in front of ours since."""
        self.active = False
        if sys.excepthook is self._ours[0]:
            sys.excepthook = self._main
        if threading.excepthook is self._ours[1]:
            threading.excepthook = self._others

    def _in_main(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if self.active:
            _explained(self._explain, error)
            if self._main is sys.__excepthook__ and _shown(error):
                return
        self._main(kind, error, traceback)

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if self.active and args.exc_value is not None:
            _explained(self._explain, args.exc_value)
        self._others(args)


def _in_use(hook: Any) -> Any:
    """Return `hook`, or what it stands for if it is one of ours that was taken off and put back by somebody."""
    left = getattr(hook, "__self__", None)
    if not isinstance(left, _Hooks) or left.active:
        return hook
    return _in_use(left._main if hook is left._ours[0] else left._others)  # noqa: SLF001 - its own class


def install(explain: ExplainUncaught) -> None:
    """Put hooks for the main thread and for others in front of those that are set now."""
    global _installed
    if _installed is None:
        _installed = _Hooks(explain)


def uninstall() -> None:
    """Bring the earlier hooks back; ours do nothing any more, wherever they are still held."""
    global _installed
    if _installed is not None:
        _installed.take_off()
        _installed = None


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
