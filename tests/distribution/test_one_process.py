"""Strategies whose replicas share a process: the explanation is that of a plain run, and names the replica."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kerasguard.render import report
from kerasguard.vocabulary import Diagnosis
from tests.conftest import Python, validate_report
from tests.distribution.comparing import SAME_AS_PLAIN, free_addresses, same_error

CODES = {"wrong_shape": "KG310", "wrong_labels": "KG401", "wrong_rank": "KG201", "wrong_call": "KG301"}
STRATEGIES = [("mirrored", "MirroredStrategy", 2), ("one_device", "OneDeviceStrategy", 1)]
_content: dict[str, Any] = {}


@pytest.fixture
def content(python: Python, tmp_path: Path) -> dict[str, Any]:
    """Run the programs once, in a process with two devices, and return what came out."""
    if not _content:
        target = tmp_path / "outcomes.json"
        done = python(["-m", "tests.distribution.one_process", target, ",".join(free_addresses(2))], timeout=240)
        assert done.returncode == 0, done.stderr[-4000:]
        assert "kerasguard failed" not in done.stderr
        _content.update(json.loads(target.read_text(encoding="utf-8")))
    return _content


@pytest.mark.parametrize("mistake", CODES)
@pytest.mark.parametrize(("strategy", "name", "replicas"), STRATEGIES, ids=["mirrored", "one device"])
@pytest.mark.parametrize("keras", ["keras3", "tf_keras"])
def test_same_explanation_as_without(
    content: dict[str, Any], keras: str, strategy: str, name: str, replicas: int, mistake: str
) -> None:
    """Code, cause, offenders and fixes are those of the plain run; there is one note, which names the strategy."""
    alone, under = (content[keras][which]["guarded"][mistake] for which in ("none", strategy))
    assert alone["diagnosis"]["code"] == CODES[mistake]
    assert {key: under["diagnosis"][key] for key in SAME_AS_PLAIN} == {
        key: alone["diagnosis"][key] for key in SAME_AS_PLAIN
    }
    assert alone["diagnosis"]["environment"] == {}
    assert name not in alone["notes"][0]
    environment = under["diagnosis"]["environment"]
    assert (environment["strategy"], environment["replicas"]) == (name, str(replicas))
    assert len(under["notes"]) == 1
    counted = f"{replicas} replica{'s' if replicas > 1 else ''})"
    assert (f"replica {environment['replica']}" if "replica" in environment else counted) in under["notes"][0]
    assert name in under["notes"][0]


@pytest.mark.parametrize("keras", ["keras3", "tf_keras"])
def test_warnings_are_given_once(content: dict[str, Any], keras: str) -> None:
    """A mistake that raises nothing is told once, however many replicas make it."""
    assert content[keras]["warned"] == {"none": ["KG711"], "mirrored": ["KG711"], "one_device": ["KG711"]}


@pytest.mark.parametrize("strategy", ["none", "mirrored", "one_device"])
@pytest.mark.parametrize("keras", ["keras3", "tf_keras"])
def test_the_error_is_the_programs_own(content: dict[str, Any], keras: str, strategy: str) -> None:
    """Type and args of each error are those without the guard."""
    outcome = content[keras][strategy]
    assert all(same_error(outcome["plain"][mistake], outcome["guarded"][mistake]) for mistake in CODES)


@pytest.mark.parametrize("keras", ["keras3", "tf_keras"])
def test_the_replica_is_named(content: dict[str, Any], keras: str) -> None:
    """What fails in a replica's own thread says in which one."""
    for mistake in ("wrong_call", "wrong_shape")[
        : 1 if keras == "keras3" else 2
    ]:  # Keras 3 builds before it replicates
        environment = content[keras]["mirrored"]["guarded"][mistake]["diagnosis"]["environment"]
        assert environment["replica"] in {"0 of 2", "1 of 2"}


@pytest.mark.parametrize("keras", ["keras3", "tf_keras"])
def test_a_healthy_run_is_unchanged(content: dict[str, Any], keras: str) -> None:
    """Losses, weights and predictions are equal bit by bit, and nothing is printed."""
    healthy = content[keras]["healthy"]
    assert healthy["guarded"] == healthy["plain"]
    assert healthy["guarded"]["printed"] == ""
    assert len(healthy["guarded"]["losses"]["loss"]) == 2


@pytest.mark.parametrize("strategy", ["central", "parameter_server"])
@pytest.mark.parametrize("keras", ["keras3", "tf_keras"])
def test_other_strategies_pass_through(content: dict[str, Any], keras: str, strategy: str) -> None:
    """Under a strategy that may hand its work elsewhere the errors are not looked at: no note, no diagnosis, no trial."""
    outcome = content[keras][strategy]
    assert outcome["guarded"]
    for mistake, guarded in outcome["guarded"].items():
        assert same_error(outcome["plain"][mistake], guarded)
        assert guarded["diagnosis"] is None
        assert guarded["notes"] == []


def test_the_report_keeps_its_contract(content: dict[str, Any]) -> None:
    """The environment of a report says strategy, replica and worker, in the words of the schema; without one it does not."""
    environment = content["tf_keras"]["mirrored"]["guarded"]["wrong_call"]["diagnosis"]["environment"]
    environment |= {"worker": "1 of 2"}
    found = Diagnosis("KG000", "unknown-mistake", "A title.", "", None, environment=environment)
    written = report.report(found)
    validate_report(written)
    assert {key: written["environment"][key] for key in environment} == environment
    plain = report.report(Diagnosis("KG000", "unknown-mistake", "A title.", "", None))
    validate_report(plain)
    assert not plain["environment"].keys() & environment.keys()
    assert "replica 0 of 2" in found.to_html() or "replica 1 of 2" in found.to_html()
