"""What happens around guarded tests: the guard goes on and off, and failure reports get the explanation."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from kerasguard import settings
from kerasguard.faults import contained
from kerasguard.guarding import switch

if TYPE_CHECKING:
    from kerasguard.vocabulary import Diagnosis

SECTION = "kerasguard"


class Explainer:
    """The hooks of a session in which some tests run under guard.

    Parameters
    ----------
    everywhere
        Whether tests are guarded that do not say anything themselves.
    reports
        Whether test reports carry the JSON report along.
    """

    def __init__(self, *, everywhere: bool, reports: bool) -> None:
        self._everywhere = everywhere
        self._reports = reports
        self._guard: switch.guard | None = None
        self._noticed = 0
        self._turn(on=everywhere)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Switch the guard on or off before a test; it stays as it is until a test wants something else."""
        self._turn(on=self._wanted(item))
        self._noticed = len(switch.warnings_seen())
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the explanation a section of its own in the failure's report, and the code to the summary."""
        diagnosis = None
        if self._guard is not None:
            # A TestCase catches its exceptions itself; pytest fetches them from there in the next step.
            caught = call.excinfo or next(iter(getattr(item, "_excinfo", None) or ()), None)
            diagnosis = _taken(caught.value) if caught is not None else None
        report = yield
        if self._guard is not None:
            self._add(report, diagnosis)
        return report

    def pytest_exception_interact(
        self, call: pytest.CallInfo[Any], report: pytest.CollectReport | pytest.TestReport
    ) -> None:
        """Explain an error that a test module raised while it was imported."""
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None and self._guard is not None:
            diagnosis = _taken(call.excinfo.value)
            if diagnosis is not None:
                _show(report, diagnosis)

    def pytest_unconfigure(self) -> None:
        """Switch the guard off again."""
        self._turn(on=False)

    def _wanted(self, item: pytest.Item) -> bool:
        marker = item.get_closest_marker(SECTION)
        if marker is not None:
            return bool(marker.args[0] if marker.args else marker.kwargs.get("on", True))
        return self._everywhere or SECTION in getattr(item, "fixturenames", ())

    def _turn(self, *, on: bool) -> None:
        if on and self._guard is None and settings.enabled():
            # No note: pytest.raises(match=...) looks at notes as well. The report is gathered from all workers.
            self._guard = switch.guard(notes=False, report="")
            self._guard.__enter__()
        elif not on and self._guard is not None:
            self._guard.__exit__(None, None, None)
            self._guard = None

    def _add(self, report: pytest.TestReport, diagnosis: Diagnosis | None) -> None:
        if report.failed and diagnosis is not None:
            _show(report, diagnosis)
        noticed = switch.warnings_seen()[self._noticed :]
        if self._reports and (report.failed or (noticed and report.when == "teardown")):
            from kerasguard.render import report as json_report

            # pytest-xdist sends the attributes of a report to the process that gathers them.
            setattr(report, SECTION, json_report.report(diagnosis if report.failed else None, noticed))


def _taken(error: BaseException) -> Diagnosis | None:
    """Return the diagnosis of `error`, and take its note off: the report shows it once, in its section."""
    from kerasguard.render import note

    diagnosis = None
    with contained("explaining the error of a test"):
        diagnosis = switch.explain_uncaught(error)
        if diagnosis is not None:
            note.remove_note(error)
    return diagnosis


def _show(report: pytest.CollectReport | pytest.TestReport, diagnosis: Diagnosis) -> None:
    from kerasguard.render import text

    report.sections.append((SECTION, text.plain(diagnosis)))
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:  # the summary shows the first line of the message
        crash.message = f"{text.headline(diagnosis)}\n{crash.message}"
