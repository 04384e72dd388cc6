"""Links from a place in the text to the source (OSC 8), for terminals that are known to follow them."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from kerasguard import settings

_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "mintty", "rio", "zed"})
_TERMINALS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "contour", "wezterm")
_VARIABLES = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION", "DOMTERM")
_FIRST_VTE = 5000  # version 0.50
_VSCODE = "vscode://file{path}:{row}"


def address(filename: str, row: int) -> str | None:
    """Return the address that opens a file at a row, as the settings want it; None where there is to be no link."""
    wanted = settings.current().links
    if wanted == "0" or (wanted == "auto" and not supported(os.environ)):
        return None
    path = Path(filename)
    if not path.is_absolute() or not path.is_file():  # a cell of a notebook, or code that was made up
        return None
    slashes = path.as_posix()
    quoted = quote(slashes if slashes.startswith("/") else f"/{slashes}")
    if "{path}" in wanted:
        return _printable(wanted.replace("{path}", quoted).replace("{row}", str(row)))
    if os.environ.get("TERM_PROGRAM") == "vscode":
        return _VSCODE.format(path=quoted, row=row)
    # With the host's name: the terminal may belong to another machine.
    return f"file://{quote(socket.gethostname())}{quoted}#{row}"


def supported(environment: Mapping[str, str]) -> bool:
    """Return whether the terminal that these variables describe is known to support links."""
    forced = environment.get("FORCE_HYPERLINK")
    if forced:
        return not settings.is_off(forced)
    if any(name in environment for name in ("CI", "TMUX", "STY")):
        return False  # a log, or a terminal in between that may not pass links on
    if environment.get("TERM_PROGRAM") in _PROGRAMS or any(environment.get(name) for name in _VARIABLES):
        return True
    vte = environment.get("VTE_VERSION", "")
    return (vte.isdecimal() and int(vte) >= _FIRST_VTE) or environment.get("TERM", "").startswith(_TERMINALS)


def _printable(text: str) -> str:
    """Return an address without what would end the escape sequence."""
    return "".join(character for character in text if character.isprintable() and character != " ")
