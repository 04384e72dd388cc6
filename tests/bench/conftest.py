"""How much of the benchmarks runs: a part that guards the limits, or all that the table in README shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import measure
from tests.conftest import REPOSITORY

EXAMPLES = sorted((REPOSITORY / "examples").glob("kg*.py"))
PART = 5  # without --full every fifth example stands for all


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch for the whole."""
    parser.addoption("--full", action="store_true", help="benchmarks: time all examples on both Kerases, and the peers")


def pytest_configure(config: pytest.Config) -> None:
    """Let the limits hold to the letter where everything is measured."""
    measure.strict["limits"] = bool(config.getoption("--full", default=False))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Measure nothing beside other tests."""
    if hasattr(config, "workerinput"):
        beside = pytest.mark.skip(reason="measured in a run of its own: python -m pytest tests/bench")
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(beside)


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether everything is measured."""
    return bool(request.config.getoption("--full", default=False))


@pytest.fixture
def examples(full: bool) -> list[Path]:  # noqa: FBT001 - a fixture
    """Return the examples to time."""
    return EXAMPLES if full else EXAMPLES[::PART]


@pytest.fixture(params=["0", "1"], ids=["keras", "tf_keras"])
def legacy(request: pytest.FixtureRequest) -> str:
    """Return the value of TF_USE_LEGACY_KERAS."""
    return str(request.param)
