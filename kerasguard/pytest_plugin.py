"""The pytest plugin: ``pytest --kerasguard`` adds the diagnosis to the report of a failed test."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kerasguard.vocabulary import Diagnosis

SECTION = "kerasguard"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch; without it nothing of kerasguard is imported."""
    parser.getgroup("kerasguard").addoption(
        "--kerasguard", action="store_true", help="explain the Keras errors of failed tests"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Switch the guard on for the session when it was asked for."""
    if config.getoption("--kerasguard"):
        from kerasguard import switch

        switch.install()
        config.pluginmanager.register(_Explainer(), "kerasguard-explainer")


class _Explainer:
    """The hooks that run only under ``--kerasguard``."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the explanation a section of its own in the failure's report."""
        diagnosis = None if call.excinfo is None else _taken(call.excinfo.value)
        report = yield
        if diagnosis is not None and report.failed:
            from kerasguard.render import text

            report.sections.append((SECTION, text.plain(diagnosis)))
        return report

    def pytest_unconfigure(self) -> None:
        """Switch the guard off again."""
        from kerasguard import switch

        switch.uninstall()


def _taken(error: BaseException) -> Diagnosis | None:
    """Return the diagnosis of `error`, and take its note off: the report shows it once, in its section."""
    from kerasguard import switch
    from kerasguard.render import note

    diagnosis = switch.explain_uncaught(error)
    if diagnosis is not None:
        note.remove_note(error)
    return diagnosis
