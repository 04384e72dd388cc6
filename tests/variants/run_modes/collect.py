"""Run every mistake in every mode under the Keras that the environment names, and print what came of it as JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.variants.run_modes.mistakes import MISTAKES
from tests.variants.run_modes.modes import MODES, program


def main() -> None:
    """Fork a child for each program; TensorFlow is imported once."""
    import tensorflow as tf

    from kerasguard.diagnosis import engine

    assert tf.keras.Model is not None  # loads Keras
    engine.modules()
    flavour = "tf_keras" if os.environ.get("TF_USE_LEGACY_KERAS") == "1" else "keras3"
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, mistake in MISTAKES.items():
            for mode in MODES:
                if mistake.entry(mistake.impossible, flavour, mode) is None:
                    path = Path(folder) / f"{name} {mode}.py".replace(" ", "_")
                    path.write_text(program(mistake, mode), encoding="utf-8")
                    found[f"{name}: {mode}"] = in_child(path)
    json.dump(found, sys.stdout)


def in_child(path: Path) -> dict[str, Any]:
    """Return what `run` finds in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with open(os.devnull, "w") as null:  # noqa: PTH123 - a device
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
        status = 1
        try:
            with os.fdopen(write, "w", encoding="utf-8") as pipe:
                json.dump(run(path), pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(told or "{}")
    return found


def run(path: Path) -> dict[str, Any]:
    """Run a program under guard and return its error, and code and row of the diagnosis."""
    import kerasguard

    source = path.read_text(encoding="utf-8")
    try:
        with kerasguard.guard():
            exec(compile(source, str(path), "exec"), {"__name__": "__main__", "__file__": str(path)})  # noqa: S102
    except Exception as error:  # noqa: BLE001 - whatever Keras raises
        diagnosis = kerasguard.diagnose(error)
        row = diagnosis.cause.row if diagnosis is not None and diagnosis.cause is not None else None
        return {"error": repr(error), "code": diagnosis.code if diagnosis is not None else None, "row": row}
    return {"error": None, "code": None, "row": None}


if __name__ == "__main__":
    main()
