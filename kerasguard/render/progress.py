"""A spinner on the terminal while something takes more than a moment; nothing anywhere else."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TextIO, TypeVar

from kerasguard import settings
from kerasguard.faults import contained
from kerasguard.render.sanitise import one_line
from kerasguard.render.terminal import console_on, is_colour_terminal

DELAY_S = 0.5
P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def shown(words: str) -> Iterator[None]:
    """Show `words` and a spinner on stderr once the block has taken half a second, and take them off again.

    Only on a terminal, and not under ``KERASGUARD_PROGRESS=0``.
    """
    stream = sys.stderr
    if stream is None or not is_colour_terminal(stream) or not settings.current().progress:
        yield
        return
    spinner = _Spinner(one_line(words), stream)
    timer = threading.Timer(DELAY_S, spinner.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        spinner.stop()


def during(words: str, function: Callable[P, R]) -> Callable[P, R]:
    """Return `function`, with a spinner while it runs."""

    @functools.wraps(function)
    def watched(*args: P.args, **kwargs: P.kwargs) -> R:
        with shown(words):
            return function(*args, **kwargs)

    return watched


class _Spinner:
    """Starts in the timer's thread, unless it was stopped before."""

    def __init__(self, words: str, stream: TextIO) -> None:
        self._words, self._stream = words, stream
        self._lock = threading.Lock()
        self._live: Any = None
        self._over = False

    def start(self) -> None:
        with self._lock, contained("showing progress"):
            if self._over:
                return
            from rich.live import Live
            from rich.spinner import Spinner

            # The streams stay as they are: what the program prints is its own business.
            live = Live(
                Spinner("dots", text=self._words),
                console=console_on(self._stream),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            live.start()
            self._live = live

    def stop(self) -> None:
        with self._lock, contained("showing progress"):
            self._over = True
            if self._live is not None:
                self._live.stop()
