"""Rules of other libraries: modules that installed packages name in the entry point group ``kerasguard.rules``."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kerasguard import faults

GROUP = "kerasguard.rules"
# The note on an exception is recognised by its first line, which begins with both.
CODE = re.compile(r"[A-Z]+\d+")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_told: set[str] = set()


class Unusable(Exception):  # noqa: N818 - it says what is the case
    """A rule does not keep to the form; the message says in what."""


def points() -> list[EntryPoint]:
    """Return the entry points of the group, in a stable order."""
    found = {(point.name, point.value): point for point in entry_points(group=GROUP)}
    return [found[key] for key in sorted(found)]


def load(taken: set[str]) -> Iterator[Any]:
    """Import the rules of other libraries; one that is broken costs a line on stderr.

    Parameters
    ----------
    taken
        The codes that are in use already.
    """
    for point in points():
        try:
            module = importlib.import_module(point.module)
            code, _ = identified(getattr(module, "CODE", None), getattr(module, "NAME", None), taken)
            _complete(module)
        except Exception as fault:  # noqa: BLE001 - whatever another library's import may raise
            tell(point, fault)
        else:
            taken.add(code)
            yield module


def identified(code: object, name: object, taken: set[str]) -> tuple[str, str]:
    """Return code and name of a rule.

    Raises
    ------
    Unusable
        When they have not the right form, or the code is in use.
    """
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise Unusable("its CODE is not capital letters and digits, like LIB001")
    if code in taken:
        raise Unusable(f"its code {code} is another rule's")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Unusable("its NAME is not small letters and hyphens, like wrong-axis")
    return code, name


def tell(point: EntryPoint, fault: BaseException) -> None:
    """Print the one line that a broken rule costs, once."""
    line = f"kerasguard: rule {point.value!r} of {_owner(point)} is left out: {_reason(fault)}"
    if line in _told:
        return
    _told.add(line)
    faults.tell(line)


def source(point: EntryPoint) -> str:
    """Return the text of a rule's file without running it, nor the packages around it.

    Raises
    ------
    Unusable
        When there is no such file.
    """
    first, *others = point.module.split(".")
    spec: ModuleSpec | None = find_spec(first)
    name = first
    for part in others:
        if spec is None or spec.submodule_search_locations is None:
            break
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    if spec is None or spec.name != point.module or not spec.origin or not spec.origin.endswith(".py"):
        raise Unusable("its file is missing")
    return Path(spec.origin).read_text(encoding="utf-8")


def _complete(module: Any) -> None:
    kind = ("warns", "OCCASIONS") if hasattr(module, "warns") else ("matches",)
    missing = [name for name in (*kind, "repairs") if not hasattr(module, name)]
    if missing:
        raise Unusable(f"it has no {' and no '.join(missing)}")
    if not (module.__doc__ or "").strip():
        raise Unusable("it has no docstring, which is its page")


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown package"


def _reason(fault: BaseException) -> str:
    text = " ".join(str(fault).split())
    return text if isinstance(fault, Unusable) else f"{type(fault).__name__}: {text}"
