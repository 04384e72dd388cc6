"""Run the programs with mistakes under the Keras that the environment names, and print what came of them as JSON."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import tensorflow as tf

sys.path.insert(0, str(Path(__file__).parent))

from building_programs import FLAVOURS, Program, programs

import kerasguard
from kerasguard.commands import runner


def main(wanted: str = "") -> None:
    """Run the programs whose names contain `wanted`, one after the other in this process."""
    flavour = FLAVOURS[tf.keras.Model.__module__.startswith("tf_keras")]
    chosen = [one for one in programs() if flavour in one.flavours and wanted in one.name]
    kerasguard.install()
    output, sys.stdout = sys.stdout, Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    found = {}
    with tempfile.TemporaryDirectory(prefix="kerasguard-") as folder, contextlib.chdir(folder):
        for index, program in enumerate(chosen):
            found[program.name] = _run(program, Path(folder).resolve() / f"program_{index}.py")
    json.dump(found, output)


def _run(program: Program, path: Path) -> dict[str, Any]:
    path.write_text(program.text, encoding="utf-8")
    with contextlib.redirect_stderr(None):
        try:
            runner.execute(str(path), [])
        except Exception as error:  # noqa: BLE001 - what a program ends with is what is asked for
            last = traceback.format_exception_only(error)[0].strip()[:300]
            kerasguard.guarding.switch.explain_uncaught(error)
            diagnosis = kerasguard.diagnose(error)
        else:
            return {"error": "", "code": None, "cause": None, "title": "", "fix": None}
    if diagnosis is None:
        return {"error": last, "code": None, "cause": None, "title": "", "fix": None}
    return {
        "error": last,
        "code": diagnosis.code,
        "title": diagnosis.title,
        "cause": diagnosis.cause.row if diagnosis.cause is not None and diagnosis.cause.filename == str(path) else None,
        "fix": f"{diagnosis.fixes[0].status}: {diagnosis.fixes[0].title}" if diagnosis.fixes else None,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
