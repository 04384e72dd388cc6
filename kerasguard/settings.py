"""All settings in one place: the ``KERASGUARD_*`` variables and the arguments of `install` that say the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NO = frozenset({"0", "off", "false", "no"})
_YES = frozenset({"1", "on", "true", "yes"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its variable, the argument of `install` and `guard` (empty where there is none), and its meaning."""

    variable: str
    argument: str
    default: str
    meaning: str


# README shows this table; a test holds both together.
TABLE = (
    Setting("KERASGUARD", "", "1", "`0` switches everything off, whatever the program asks for"),
    Setting("KERASGUARD_CHECKS", "checks", "1", "warn of mistakes that raise nothing (`KerasGuardWarning`)"),
    Setting("KERASGUARD_REPORT", "report", "", "write the JSON report of the run to this file"),
    Setting("KERASGUARD_NOTES", "notes", "1", "put the explanation on the exception, as a note (PEP 678)"),
    Setting(
        "KERASGUARD_LINKS",
        "links",
        "auto",
        "link file:line in a terminal: `auto` where it is known to support that, `1`, `0`, "
        "or an address with `{path}` and `{row}`",
    ),
    Setting("KERASGUARD_PROGRESS", "progress", "1", "a spinner on the terminal when an explanation takes its time"),
    Setting("KERASGUARD_RAISE", "", "0", "raise kerasguard's own faults instead of telling them in one line"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force: see `TABLE` for the meaning of each field."""

    checks: bool = True
    report: Path | None = None
    notes: bool = True
    links: str = "auto"
    progress: bool = True


_stack: list[tuple[object, Settings]] = []


def is_off(text: str) -> bool:
    """Return whether the text of a variable means no."""
    return text.strip().lower() in _NO


def enabled() -> bool:
    """Return whether the environment allows the guard (``KERASGUARD=0`` switches it off)."""
    return not is_off(os.environ.get("KERASGUARD", "1"))


def raises_own_faults() -> bool:
    """Return whether kerasguard's own faults are raised (``KERASGUARD_RAISE=1``)."""
    text = os.environ.get("KERASGUARD_RAISE", "")
    return bool(text.strip()) and not is_off(text)


def resolved(
    *,
    checks: bool | None = None,
    report: str | os.PathLike[str] | None = None,
    notes: bool | None = None,
    links: bool | str | None = None,
    progress: bool | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Return the settings that arguments and environment give together: an argument that is not None wins.

    A relative path of a report is taken from the working directory of this moment; an empty one means none.
    """
    path = os.fspath(report) if report is not None else environment.get("KERASGUARD_REPORT")
    return Settings(
        checks=_switch(checks, environment, "KERASGUARD_CHECKS"),
        report=absolute(path) if path else None,
        notes=_switch(notes, environment, "KERASGUARD_NOTES"),
        links=_links(links if links is not None else environment.get("KERASGUARD_LINKS", "auto")),
        progress=_switch(progress, environment, "KERASGUARD_PROGRESS"),
    )


def absolute(path: str | os.PathLike[str]) -> Path:
    """Return the absolute form of a path; where the working directory is gone the path itself, which cannot be used."""
    try:
        return Path(path).absolute()
    except OSError:
        return Path(path)


def current() -> Settings:
    """Return what is in force: of the latest holder, else of the environment."""
    return _stack[-1][1] if _stack else resolved()


def hold(holder: object, wanted: Settings) -> None:
    """Put settings in force for `holder` (an installation, an open guard); the latest one counts."""
    _stack.append((holder, wanted))


def release(holder: object) -> None:
    """Forget the settings of `holder`."""
    for index in reversed(range(len(_stack))):
        if _stack[index][0] is holder:
            del _stack[index]
            return


def _switch(argument: bool | None, environment: Mapping[str, str], variable: str) -> bool:  # noqa: FBT001 - the value
    return argument if argument is not None else not is_off(environment.get(variable) or "1")


def _links(wanted: bool | str) -> str:  # noqa: FBT001 - the value
    """Return ``auto``, ``1``, ``0`` or the pattern of an address."""
    if isinstance(wanted, bool):
        return "1" if wanted else "0"
    text = wanted.strip()
    lowered = text.lower()
    return "0" if lowered in _NO else "1" if lowered in _YES else text if "{path}" in text else "auto"
