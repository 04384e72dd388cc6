"""Run programs that fail, each in a fork of this process, and print what explaining them cost: one JSON line each.

``python crashes.py guard|rich|friendly PROGRAM...``: with kerasguard, with ``rich.traceback`` and its locals, or with
friendly-traceback. The process that forks has loaded TensorFlow and nothing that explains.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

tf.keras.Model  # noqa: B018 - loads Keras
Show = Callable[[BaseException], None]


class Meter:
    """Sums up what the explaining takes: seconds on the clock, seconds of the processor, and peak memory in bytes."""

    def __init__(self) -> None:
        self.seconds = self.processor = 0.0
        self.memory = 0

    @contextlib.contextmanager
    def running(self):  # noqa: ANN201 - a generator for contextlib
        """Count what happens inside."""
        begun = time.perf_counter(), time.process_time(), _peak()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - begun[0]
            self.processor += time.process_time() - begun[1]
            self.memory += _peak() - begun[2]


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def guard(meter: Meter) -> Show:
    """Install kerasguard; its explanation at the failing call is counted as well as the report at the end."""
    import kerasguard
    from kerasguard.guarding import boundary

    explain = boundary.explain_once

    def counted(*arguments: object) -> None:
        with meter.running():
            explain(*arguments)

    boundary.explain_once = counted
    kerasguard.install()

    def show(error: BaseException) -> None:
        sys.excepthook(type(error), error, error.__traceback__)

    return show


def rich(meter: Meter) -> Show:
    """Show tracebacks as ``rich.traceback.install(show_locals=True)`` does."""
    del meter

    def show(error: BaseException) -> None:
        from rich.console import Console
        from rich.traceback import Traceback

        shown = Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
        Console(file=sys.stderr).print(shown)

    return show


def friendly(meter: Meter) -> Show:
    """Show tracebacks as friendly-traceback explains them."""
    del meter

    def show(error: BaseException) -> None:
        import friendly_traceback

        friendly_traceback.set_stream("capture")
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
        friendly_traceback.core.explain_traceback(redirect="capture")

    return show


def run(program: str, tool: Callable[[Meter], Show]) -> dict[str, object]:
    """Run a program until it fails, explain the failure, and return what that cost."""
    meter = Meter()
    show = tool(meter)
    try:
        runpy.run_path(program, run_name="__main__")
    except Exception as error:  # noqa: BLE001 - whatever the program fails with
        failed = error
    else:
        return {"program": Path(program).stem, "failed": False}
    with meter.running():
        show(failed)
    noted = hasattr(failed, "__kerasguard_diagnosis__")
    costs = {"seconds": meter.seconds, "processor": meter.processor, "memory": meter.memory}
    return {"program": Path(program).stem, "failed": True, "noted": noted} | costs


def main(tool: str, programs: list[str]) -> None:
    """Fork for each program, in a child whose prints go nowhere."""
    tools = {"guard": guard, "rich": rich, "friendly": friendly}
    for program in programs:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - ends with the process
            os.write(writing, json.dumps(run(program, tools[tool])).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as result:
            print(result.read(), flush=True)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
