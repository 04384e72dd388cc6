"""``kerasguard explain``: the list of codes, and the long page of one of them."""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Sequence
from types import ModuleType

from kerasguard.render import pages, terminal

UNKNOWN = 2


def explain(wanted: str | None) -> int:
    """Print the page of the code (or name) `wanted`, or the list of all codes; return the exit status."""
    from kerasguard import engine  # imports every rule

    rules: Sequence[ModuleType] = engine.rules()
    if wanted is None:
        terminal.show_lines(pages.index([(rule.CODE, rule.NAME, _title(rule)) for rule in rules]), sys.stdout)
        return 0
    for rule in rules:
        if wanted.upper() == rule.CODE or wanted.lower() == rule.NAME:
            terminal.show_lines(pages.page(rule.CODE, rule.NAME, inspect.getdoc(rule) or ""), sys.stdout)
            return 0
    known = [word for rule in rules for word in (rule.CODE, rule.NAME)]
    close = difflib.get_close_matches(wanted.upper(), known) + difflib.get_close_matches(wanted.lower(), known)
    print(f"kerasguard: there is no code {wanted!r}.", file=sys.stderr)
    if close:
        print(f"Did you mean {', '.join(dict.fromkeys(close))}?", file=sys.stderr)
    print("`kerasguard explain` lists all codes.", file=sys.stderr)
    return UNKNOWN


def _title(rule: ModuleType) -> str:
    return (inspect.getdoc(rule) or "").partition("\n")[0]
