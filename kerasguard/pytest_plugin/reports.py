"""The JSON reports of a test session: one for each failing test, and one for the session."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kerasguard import faults

LONGEST = 150
_STRANGE = re.compile(r"[^\w.\[\]-]+")


class Writer:
    """Writes what the reports of tests carry; under pytest-xdist in the process that gathers them.

    Parameters
    ----------
    folder
        Gets a file for each failing test.
    path
        Gets the report of the session: the first diagnosis, and all mistakes that raised nothing.
    """

    def __init__(self, folder: Path | None, path: Path | None) -> None:
        self._folder, self._path = folder, path
        self._written: Counter[str] = Counter()
        self._session: dict[str, Any] | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the report of a failing test; one that passes again loses the report of an earlier session."""
        content: dict[str, Any] | None = getattr(report, "kerasguard", None)
        if self._folder is not None and report.failed and content is not None:
            self._written[report.nodeid] += 1
            self._write(self._folder / file_name(report.nodeid, self._written[report.nodeid]), content)
        elif self._folder is not None and report.passed and report.when == "call":
            (self._folder / file_name(report.nodeid)).unlink(missing_ok=True)
        if content is not None:
            self._gather(content)

    def pytest_sessionfinish(self) -> None:
        """Write the report of the session, also when nothing failed."""
        if self._path is None:
            return
        from kerasguard.render import report

        self._write(self._path, self._session or report.report(None))

    def _gather(self, content: dict[str, Any]) -> None:
        if self._session is None:
            self._session = dict(content)
            return
        known = self._session["warnings"]
        self._session["warnings"] = known + [warning for warning in content["warnings"] if warning not in known]
        if self._session["diagnosis"] is None:
            self._session |= {"diagnosis": content["diagnosis"], "environment": content["environment"]}

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        from kerasguard.render import report

        try:
            if path.parent == self._folder:
                path.parent.mkdir(parents=True, exist_ok=True)
            report.write(path, content)
        except OSError as failure:
            faults.tell(f"kerasguard: cannot write the report: {failure}")


def file_name(nodeid: str, count: int = 1) -> str:
    """Return the name of the file for a test: its id with dots, and a checksum where characters had to go."""
    dotted = nodeid.replace("::", ".").replace("/", ".")
    if _STRANGE.search(dotted) or len(dotted) > LONGEST:
        checksum = hashlib.sha256(nodeid.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        dotted = f"{_STRANGE.sub('_', dotted)[:LONGEST]}-{checksum}"
    return f"{dotted}{f'-{count}' if count > 1 else ''}.json"
