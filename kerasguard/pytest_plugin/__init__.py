"""The pytest plugin: ``pytest --kerasguard`` explains the Keras errors of failed tests.

Whether a test runs under guard is decided by the first of these that says something:

1. the marker: ``@pytest.mark.kerasguard`` or ``@pytest.mark.kerasguard(False)``, the nearest one;
2. the fixture ``kerasguard``, where the test uses it;
3. the command line: ``--kerasguard``, ``--no-kerasguard``, or ``--kerasguard-json``, which implies the first;
4. the configuration: ``kerasguard = true``.

``KERASGUARD=0`` in the environment overrides all of them. Without any, nothing of kerasguard but this file is loaded.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from kerasguard.pytest_plugin.raising import raises

if TYPE_CHECKING:
    from kerasguard.pytest_plugin.helper import Helper

__all__ = ["raises"]
NAME = "kerasguard"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switches."""
    group = parser.getgroup(NAME)
    group.addoption(
        "--kerasguard",
        action="store_const",
        const=True,
        dest=NAME,
        help="explain the Keras errors of failed tests",
    )
    group.addoption(
        "--no-kerasguard",
        action="store_const",
        const=False,
        dest=NAME,
        help="do not, whatever the configuration says",
    )
    group.addoption(
        "--kerasguard-json",
        metavar="DIR",
        help="also write a JSON report for each failing test into DIR (implies --kerasguard)",
    )
    parser.addini(NAME, "explain the Keras errors of failed tests (true or false)", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Switch the guard on for the session when it was asked for."""
    config.addinivalue_line(
        "markers", "kerasguard(on=True): explain the Keras errors of this test, or not; stronger than the command line"
    )
    folder = config.getoption("kerasguard_json")
    path = os.environ.get("KERASGUARD_REPORT")
    if (folder or path) and not hasattr(config, "workerinput"):  # the workers of pytest-xdist send theirs here
        from kerasguard.pytest_plugin.reports import Writer

        start = config.invocation_params.dir
        writer = Writer(start / folder if folder else None, start / path if path else None)
        config.pluginmanager.register(writer, "kerasguard-writer")
    if _everywhere(config):
        _explain(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Switch the guard on for the tests that ask for it themselves."""
    if any(item.get_closest_marker(NAME) or NAME in getattr(item, "fixturenames", ()) for item in items):
        _explain(config)


@pytest.fixture(name=NAME)
def helper() -> Helper:
    """Run the test under guard; gives `raises`, `diagnose`, `check` and the mistakes `noticed` so far."""
    from kerasguard.pytest_plugin.helper import Helper

    return Helper()


def _everywhere(config: pytest.Config) -> bool:
    """Return whether tests run under guard that do not say anything themselves."""
    flag = config.getoption(NAME)
    if flag is None:
        return bool(config.getoption("kerasguard_json") or config.getini(NAME))
    return bool(flag)


def _explain(config: pytest.Config) -> None:
    if config.pluginmanager.has_plugin("kerasguard-explainer"):
        return
    from kerasguard.pytest_plugin.explaining import Explainer

    reports = bool(config.getoption("kerasguard_json") or os.environ.get("KERASGUARD_REPORT"))
    explainer = Explainer(everywhere=_everywhere(config), reports=reports)
    config.pluginmanager.register(explainer, "kerasguard-explainer")
