"""Measure what kerasguard costs and print the table: ``python -m tests.bench [--write]``; the latter puts it into README."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.conftest import REPOSITORY

README = REPOSITORY / "README.md"
BEGIN, END = "<!-- costs -->", "<!-- /costs -->"


def measured() -> tuple[list[dict[str, Any]], int]:
    """Run all benchmarks; return their figures in order, and pytest's exit status."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "benchmark.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/bench", "--full"]
        done = subprocess.run([*command, f"--benchmark-json={result}"], cwd=REPOSITORY, check=False)
        benchmarks = json.loads(result.read_text(encoding="utf-8"))["benchmarks"]
    return [figure for one in benchmarks for figure in one["extra_info"].get("figures", ())], done.returncode


def table(figures: list[dict[str, Any]]) -> str:
    """Return the figures as a table in Markdown, and below it what they were measured on."""
    rows = ["| what | measured | limit |", "|---|---|---|"]
    for one in figures:
        limit = "" if one["limit"] is None else f"{one['limit']:g} {one['unit']}"
        rows.append(f"| {one['name']} | {number(one['value'])} {one['unit']} | {limit} |")
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow-cpu", "keras", "tf_keras"))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, no GPU"
    rows += ["", f"Processor time. Measured on {machine}; Python {platform.python_version()}, {packages}."]
    return "\n".join(rows)


def number(value: float) -> str:
    """Return a figure with three significant digits, and all digits before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> int:
    """Measure, print, and write if asked to; the exit status is that of the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    figures, status = measured()
    text = table(figures)
    print(text)
    if options.write:
        before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
        README.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
