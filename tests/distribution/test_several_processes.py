"""Two workers in two processes: each explains its own failure once and says which worker it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.distribution.comparing import SAME_AS_PLAIN, free_addresses, same_error

LIMIT_S = 150


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Run both workers to their end, and return what they wrote."""
    folder = tmp_path_factory.mktemp("workers")
    files = [folder / f"{index}.json" for index in range(2)]
    addresses = ",".join(free_addresses(2))
    with ExitStack() as stack:
        running = [
            stack.enter_context(_started(["-m", "tests.distribution.worker", str(index), addresses, str(file)], folder))
            for index, file in enumerate(files)
        ]
        end = time.monotonic() + LIMIT_S
        for process in running:
            assert process.wait(max(0.0, end - time.monotonic())) == 0, _log(folder)
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


@contextmanager
def _started(arguments: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run Python in a process that is gone afterwards, come what may."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, *arguments], cwd=REPOSITORY, env=os.environ, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _log(folder: Path) -> str:
    return (folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:]


@pytest.mark.parametrize("mistake", ["wrong_shape", "wrong_labels", "wrong_rank", "wrong_call"])
def test_each_worker_explains_its_failure(workers: list[dict[str, Any]], mistake: str) -> None:
    """The code and the line are those of a plain run; the report says which of the two workers it was."""
    for index, content in enumerate(workers):
        plain, guarded = (content["tf_keras"][mode][mistake] for mode in ("plain", "guarded"))
        assert same_error(plain, guarded)
        assert len(guarded["notes"]) == 1
        assert guarded["diagnosis"]["environment"]["worker"] == f"{index} of 2"
        assert guarded["diagnosis"]["environment"]["strategy"] == "MultiWorkerMirroredStrategy"
        assert f"worker {index} of 2" in guarded["notes"][0]
    first, second = (content["tf_keras"]["guarded"][mistake]["diagnosis"] for content in workers)
    assert {key: first[key] for key in SAME_AS_PLAIN} == {key: second[key] for key in SAME_AS_PLAIN}
    assert (
        first["code"]
        == {
            "wrong_shape": "KG310",
            "wrong_labels": "KG401",
            "wrong_rank": "KG201",
            "wrong_call": "KG301",
        }[mistake]
    )


def test_a_healthy_run_is_unchanged(workers: list[dict[str, Any]]) -> None:
    """Losses, weights and predictions of both workers are those without the guard, and nothing is printed."""
    for content in workers:
        healthy = content["tf_keras"]["healthy"]
        assert healthy["guarded"] == healthy["plain"]
        assert healthy["guarded"]["printed"] == ""
    losses = [content["tf_keras"]["healthy"]["plain"]["losses"] for content in workers]
    assert losses[0] == losses[1]


def test_keras_3_fails_as_without_us(workers: list[dict[str, Any]]) -> None:
    """Keras 3 cannot train under this strategy: fit fails on right data as well, and we do not explain that away.

    Models can be built under its scope, and mistakes there are explained.
    """
    for content in workers:
        for mistake, guarded in content["keras3"]["guarded"].items():
            assert same_error(content["keras3"]["plain"][mistake], guarded)
            if mistake in {"wrong_shape", "wrong_labels"}:
                assert "PerReplica" in guarded["args"]
                assert guarded["diagnosis"] is None
                assert guarded["notes"] == []
        assert content["keras3"]["guarded"]["wrong_rank"]["diagnosis"]["code"] == "KG201"
