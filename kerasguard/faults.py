"""kerasguard's own faults: one line in production, raised under test; and the room that its own work needs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kerasguard.settings import raises_own_faults

FRAMES = 1000  # for an explanation: as many as a program has at its start
SPARE = 5  # a limit can be set back only where there are fewer frames than that
_REPORT_TO = "please report it with the traceback that KERASGUARD_RAISE=1 shows"
_lock = threading.Lock()
_open = 0  # how many pieces of work have been given room
_limit_before = 0


class room:  # noqa: N801 - a context manager that reads like a phrase
    """Let the block have frames of its own, however few the program has left: a deep one hears of its mistake, too.

    Raises `RecursionError` where there are not even the frames to ask for more.
    """

    def __enter__(self) -> None:
        global _open, _limit_before
        _descend(SPARE)
        with _lock:
            if _open == 0:
                _limit_before = sys.getrecursionlimit()
                sys.setrecursionlimit(_limit_before + FRAMES)
            _open += 1

    def __exit__(self, *_: object) -> None:
        global _open
        with _lock:
            _open -= 1
            # Whoever has changed it in the meantime knows better.
            if _open == 0 and sys.getrecursionlimit() == _limit_before + FRAMES:
                sys.setrecursionlimit(_limit_before)


def _descend(frames: int) -> None:
    if frames:
        _descend(frames - 1)


@contextmanager
def contained(doing: str) -> Iterator[None]:
    """Keep a fault of kerasguard's own away from the user's program.

    Parameters
    ----------
    doing
        What was being attempted, for the one line on stderr.
    """
    try:
        yield
    except Exception as fault:  # the one place where every fault has to stop
        if raises_own_faults():
            if isinstance(fault, RecursionError):  # which may be told from the user's
                message = f"kerasguard went too deep while {doing}"
                raise RuntimeError(message) from fault
            raise
        announce(doing, fault)


def announce(doing: str, fault: BaseException) -> None:
    """Print the one line that a fault of kerasguard's own costs the user."""
    tell(f"kerasguard failed while {doing} ({type(fault).__name__}); your program is unaffected; {_REPORT_TO}.")


def tell(line: str) -> None:
    """Print a line of kerasguard's own to stderr, where there is one that takes it."""
    stream = sys.stderr
    if stream is None:  # print() would take stdout for it, which is the program's
        return
    try:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    except Exception:  # noqa: BLE001 - the stream may be anything that the program has put there
        return  # nobody is there to be told
