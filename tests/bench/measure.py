"""Compare an operation without and with the guard, in turns, so that what else the machine does meets both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import kerasguard

strict = {"limits": False}  # set by --full
CROWDED = 3.0  # how much wider the limits are where a benchmark runs among other tests, without --full
PARTS = 3  # a disturbance spoils one part of the rounds; the calmest part counts


@dataclass
class Turns:
    """The seconds of processor time that each turn took, in pairs."""

    plain: list[float] = field(default_factory=list)
    guarded: list[float] = field(default_factory=list)

    def ratio(self) -> float:
        """Return how many times the plain turn's time the guarded one takes."""
        return self._calmest(lambda plain, guarded: guarded / plain)

    def difference(self) -> float:
        """Return the seconds that the guard adds."""
        return self._calmest(lambda plain, guarded: guarded - plain)

    def _calmest(self, compare: Callable[[float, float], float]) -> float:
        pairs = [compare(*pair) for pair in zip(self.plain, self.guarded, strict=True)]
        size = max(1, len(pairs) // PARTS)
        parts = [pairs[start : start + size] for start in range(0, size * PARTS, size)]
        return min(statistics.median(part) for part in parts if part)


def in_turns(benchmark: Any, operation: Callable[[], Any], *, rounds: int, repeats: int = 1) -> Turns:
    """Time `operation` without and with the guard, `rounds` times each.

    Parameters
    ----------
    benchmark
        The fixture of pytest-benchmark; its own table shows the guarded turns.
    operation
        What is timed; called once before each turn, for what only a first call costs.
    rounds
        How many pairs of turns.
    repeats
        How many calls one turn is.
    """
    turns = Turns()

    def timed() -> float:
        operation()
        begun = time.process_time()
        for _ in range(repeats):
            operation()
        return (time.process_time() - begun) / repeats

    def plain() -> None:
        turns.plain.append(timed())
        kerasguard.install()

    def guarded() -> None:
        turns.guarded.append(timed())
        kerasguard.uninstall()

    benchmark.pedantic(guarded, setup=plain, rounds=rounds)
    return turns


def held(benchmark: Any, name: str, value: float, limit: float, unit: str) -> None:
    """Note a figure for the table of `python -m tests.bench`, and assert that it is within its limit.

    A run of the whole test suite cannot have the machine to itself: there the limits only catch what went really wrong.
    """
    noted(benchmark, name, value, unit, limit)
    nothing = 1.0 if unit == "times" else 0.0
    allowed = limit if strict["limits"] else nothing + CROWDED * (limit - nothing)
    assert value <= allowed, f"{name}: {value:.4g} {unit}, allowed {allowed:g} {unit}"


def noted(benchmark: Any, name: str, value: float, unit: str, limit: float | None = None) -> None:
    """Note a figure for the table of `python -m tests.bench`."""
    figures = benchmark.extra_info.setdefault("figures", [])
    figures.append({"name": name, "value": value, "unit": unit, "limit": limit})
