"""What the fixture ``kerasguard`` gives to a test."""

from __future__ import annotations

from typing import Any

from kerasguard.guarding import switch
from kerasguard.guarding.preflight import check
from kerasguard.pytest_plugin.raising import raises
from kerasguard.vocabulary import Diagnosis


class Helper:
    """The functions of kerasguard that a test needs, and what was noticed during the test."""

    def __init__(self) -> None:
        self._before = len(switch.warnings_seen())

    @property
    def noticed(self) -> list[Diagnosis]:
        """The mistakes that raised nothing in this test."""
        return switch.warnings_seen()[self._before :]

    def raises(self, *codes: str) -> raises:
        """Expect an error with one of these diagnoses: ``with kerasguard.raises("KG301") as caught:``."""
        return raises(*codes)

    def diagnose(self, error: BaseException) -> Diagnosis | None:
        """Return what is known of `error`."""
        return switch.diagnose(error)

    def check(self, model: Any, x: Any, y: Any = None, sample_weight: Any = None, **options: Any) -> list[Diagnosis]:
        """Say what ``fit`` or ``predict`` would refuse, without training; see `kerasguard.check`."""
        return check(model, x, y, sample_weight, **options)
