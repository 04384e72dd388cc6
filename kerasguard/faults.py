"""kerasguard's own faults: one line in production, raised under test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kerasguard.settings import raises_own_faults

_REPORT_TO = "please report it with the traceback that KERASGUARD_RAISE=1 shows"


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
            raise
        announce(doing, fault)


def announce(doing: str, fault: BaseException) -> None:
    """Print the one line that a fault of kerasguard's own costs the user."""
    try:
        print(
            f"kerasguard failed while {doing} ({type(fault).__name__}); your program is unaffected; {_REPORT_TO}.",
            file=sys.stderr,
        )
    except (OSError, ValueError, AttributeError):
        return  # stderr is closed or missing: nobody is there to be told
