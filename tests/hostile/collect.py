"""Run programs without and with the guard, each in a child of its own, and print what came of them as JSON.

The file that is named holds ``{name: program}``. TensorFlow is imported once. What a program does to its process
(streams, limits, recursion, a dead interpreter) stays in its child.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# Then the child is dead, and that is its outcome.
MOST_WORK = 60.0  # seconds of processor time
MOST_SECONDS = 150  # on the clock


def main() -> None:
    """Fork two children for each program."""
    programs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    importlib.import_module("tensorflow").keras.Model  # noqa: B018 - tf.keras is loaded by the first look at it
    importlib.import_module("kerasguard.diagnosis.engine").modules()  # as after the first explanation of a process
    importlib.import_module("tests.hostile.harness")
    folder = Path(tempfile.mkdtemp())
    json.dump(
        {name: [_forked(text, folder, guarded=way) for way in (False, True)] for name, text in programs.items()},
        sys.stdout,
    )


def _forked(text: str, folder: Path, *, guarded: bool) -> dict[str, Any]:
    sys.stdout.flush()
    result, printed = folder / "result.json", folder / "printed.txt"
    result.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, MOST_WORK)
        signal.alarm(MOST_SECONDS)
        with printed.open("wb") as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        try:
            outcome = _outcome(text, folder, guarded=guarded)
            result.write_text(json.dumps(outcome), encoding="utf-8")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    outcome = json.loads(result.read_text(encoding="utf-8")) if result.exists() else {"kind": f"died of {status}"}
    return outcome | {"printed": printed.read_text(encoding="utf-8", errors="replace")}


def _outcome(text: str, folder: Path, *, guarded: bool) -> dict[str, Any]:
    from tests.hostile import harness

    path = folder / "program.py"
    source = harness.PRELUDE + text
    path.write_text(source, encoding="utf-8", errors="surrogatepass")
    code = compile(source, str(path), "exec")
    streams = sys.stdout, sys.stderr, sys.getrecursionlimit()
    began = time.process_time()
    error: BaseException | None = None
    space: dict[str, Any] = {"__name__": "__main__", "__file__": str(path)}
    import kerasguard

    try:
        with kerasguard.guard() if guarded else contextlib.nullcontext():
            exec(code, space)  # noqa: S102 - running programs is what this is for
    except BaseException as caught:  # noqa: BLE001 - whatever the program ends with
        error = caught
    seconds = time.process_time() - began
    limit = sys.getrecursionlimit()
    sys.stdout, sys.stderr = streams[:2]
    sys.setrecursionlimit(streams[2])
    found = None if error is None else kerasguard.diagnose(error)
    if found is not None:
        harness.formats(found, folder)
    return {
        "kind": type(error).__name__,
        "args": [] if error is None else [type(one).__name__ for one in error.args],
        "text": "" if error is None else re.sub(r"0x[0-9a-f]+", "0x", _text(error))[:5000],
        "seconds": seconds,
        "limit": limit,
        "code": found and found.code,
        "told": space.get("told"),
    }


def _text(error: BaseException) -> str:
    try:
        return str(error).encode("utf-8", "replace").decode("utf-8")
    except Exception as failure:  # noqa: BLE001 - the text of a list in itself, nested without end
        return type(failure).__name__


if __name__ == "__main__":
    main()
