"""kerasguard: says which line made the tensor that Keras refuses, and offers a fix that was tried first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasguard._version import __version__

if TYPE_CHECKING:
    from kerasguard.guarding.checks import KerasGuardWarning
    from kerasguard.guarding.preflight import check
    from kerasguard.guarding.switch import diagnose, guard, install, uninstall
    from kerasguard.ipython import load_ipython_extension, unload_ipython_extension  # noqa: F401 - for IPython alone
    from kerasguard.vocabulary import Diagnosis, Fix, Place

__all__ = [
    "Diagnosis",
    "Fix",
    "KerasGuardWarning",
    "Place",
    "__version__",
    "check",
    "diagnose",
    "guard",
    "install",
    "uninstall",
]
_HOMES = {
    "check": "guarding.preflight",
    "KerasGuardWarning": "guarding.checks",
    "diagnose": "guarding.switch",
    "guard": "guarding.switch",
    "install": "guarding.switch",
    "uninstall": "guarding.switch",
    "Diagnosis": "vocabulary",
    "Fix": "vocabulary",
    "Place": "vocabulary",
    "load_ipython_extension": "ipython",
    "unload_ipython_extension": "ipython",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: an import that is never used costs nothing."""
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
