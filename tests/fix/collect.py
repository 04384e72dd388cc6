"""Mend programs under the Keras that the environment names, each run forked after one import, and print JSON.

``python tests/fix/collect.py [--safe] FILE...``: every program is copied to a folder of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasguard import cli
from kerasguard.commands.fixing import rerun
from kerasguard.commands.fixing.patching import write_all
from kerasguard.commands.fixing.project import Project
from kerasguard.commands.fixing.rounds import Mender, Result

TIME_LIMIT_S = 120.0


def launch(arguments: Sequence[str], output: Path, seconds: float | None) -> int | None:
    """Do what `rerun.in_process` does in a forked child: TensorFlow is there already."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            stream = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(stream, 1)
            os.dup2(stream, 2)
            status = cli.main(arguments)
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except BaseException:  # noqa: BLE001 - as the interpreter would
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    deadline = time.monotonic() + (TIME_LIMIT_S if seconds is None else seconds)
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None if seconds is not None else 124


def mended(script: Path, *, unsafe: bool) -> Result:
    """Mend one program."""
    return Mender(Project(script), rerun.runner(str(script), (), launch), unsafe=unsafe).mend()


def told(result: Result) -> dict[str, Any]:
    """Return what is asked of a result, as JSON."""
    left = result.run
    return {
        "runs": left.end == "ended",
        "error": left.error,
        "now": left.problem.code if left.problem is not None else None,
        "warnings": [warning.code for warning in left.warnings],
        "rounds": [
            {
                "code": done.problem.code,
                "fix": done.fix.title,
                "status": done.fix.status,
                "applicability": done.fix.applicability,
                "verdict": done.verdict,
                "error": done.run.error,
            }
            for done in result.rounds
        ],
        "left": [f"{one.problem.code} {one.fix.title}: {one.reason}" for one in result.left],
    }


def main() -> None:
    """Mend each program, then the result once more."""
    unsafe = "--safe" not in sys.argv
    importlib.import_module("tensorflow").keras.Model  # noqa: B018 - tf.keras is loaded by the first look at it
    for name in sys.argv[1:]:
        if name == "--safe":
            continue
        program = Path(name)
        with tempfile.TemporaryDirectory() as folder:
            script = Path(shutil.copy(program, Path(folder).resolve()))
            script.chmod(0o644)
            os.chdir(folder)
            result = mended(script, unsafe=unsafe)
            content = {"program": str(program), **told(result), "again": None}
            if result.run.runs:
                write_all(dict(result.changed))
                content["again"] = told(mended(script, unsafe=unsafe))
            os.chdir("/")
        print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main()
