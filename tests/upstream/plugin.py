"""A pytest plugin for Keras' own tests: the markers they need, the guard if wished, every outcome into a JSON file.

``KERASGUARD_UPSTREAM`` says whether the tests run under guard (``guarded``) or without (``bare``),
``KERASGUARD_UPSTREAM_OUTCOMES`` names the file. Works with `tests.upstream.run`.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import kerasguard

MARKERS = ("requires_trainable_backend", "skipif_jax_backend", "slow")
# Imported at the top of some of Keras' tests, and used by a few of them, which then fail without the guard and with it.
OPTIONAL = frozenset({"jax", "torch", "pandas", "scipy"})
# What differs from one run to the next: addresses and ids, folders and names that are made up for one test.
_VARIES = re.compile(r"0x[0-9a-f]+|\b\d{9,}\b|(?<=/)(tmp|pytest-)[\w.-]*|\d+(\.\d+)?(ms|s|us)\b")

_outcomes: dict[str, dict[str, str]] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Switch the guard on as a user would, before Keras is imported, and import Keras as a whole."""
    for marker in MARKERS:
        config.addinivalue_line("markers", f"{marker}: a marker of Keras' own")
    if os.environ["KERASGUARD_UPSTREAM"] == "guarded":
        kerasguard.install()
    importlib.import_module("keras")


class _Empty(MetaPathFinder, Loader):
    """Finds an empty package for each optional one that is not installed; last among the finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] in OPTIONAL else None

    def exec_module(self, module: ModuleType) -> None:
        self.made.append(module.__name__)

    def __enter__(self) -> None:
        self.made: list[str] = []
        sys.meta_path.append(self)

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        for name in self.made:
            sys.modules.pop(name, None)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Let a test module import packages that few of its tests use; while tests run they are missing again."""
    del collector
    with _Empty():
        return (yield)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a module that could not be collected."""
    if report.failed:
        _outcomes[report.nodeid] = {"collect": report.longreprtext.strip().splitlines()[-1]}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[Any]:
    """Note how a phase of a test ended, with type and message of its exception."""
    report: pytest.TestReport = yield
    said: str = report.outcome
    if call.excinfo is not None:
        kind = type(call.excinfo.value)
        said += f" {kind.__module__}.{kind.__qualname__}: {_VARIES.sub('#', str(call.excinfo.value))}"
    _outcomes.setdefault(item.nodeid, {})[report.when] = said
    return report


def pytest_sessionfinish() -> None:
    """Write the outcomes."""
    Path(os.environ["KERASGUARD_UPSTREAM_OUTCOMES"]).write_text(json.dumps(_outcomes), encoding="utf-8")
