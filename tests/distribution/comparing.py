"""What has to be equal between a run with the guard or a strategy and one without; and addresses to run at."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any

SAME_AS_PLAIN = ("code", "title", "cause", "crash", "offenders", "fixes")


def same_error(plain: dict[str, Any], guarded: dict[str, Any]) -> bool:
    """Return whether an error is the program's own: with the same type and args, and no note without the guard."""
    return (plain["type"], plain["args"], plain["notes"]) == (guarded["type"], guarded["args"], [])


def free_addresses(count: int) -> list[str]:
    """Return addresses of this machine at which nothing listens."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
