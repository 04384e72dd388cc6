"""Run a program text under guard inside this process, and show what came of it in every format there is."""

from __future__ import annotations

import contextlib
import io
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kerasguard
from kerasguard.render import github, html, report, sarif, svg, terminal, text
from kerasguard.render import note as notes
from kerasguard.vocabulary import Diagnosis

PRELUDE = """\
import numpy as np
import tensorflow as tf
keras, layers = tf.keras, tf.keras.layers
def small():
    inputs = keras.Input((4,), name="a")
    model = keras.Model(inputs, layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    return model
def two():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    model = keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])))
    model.compile("sgd", "mse")
    return model
x, y, bad = np.zeros((8, 4), "float32"), np.zeros((8, 1), "float32"), np.zeros((8, 5), "float32")
model = small()
"""
NO_ERROR = "(no error)"


@dataclass
class Ran:
    """What a program came to."""

    error: BaseException | None
    seconds: float
    printed: str
    names: dict[str, Any] = field(repr=False)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What kerasguard said."""
        return None if self.error is None else kerasguard.diagnose(self.error)

    @property
    def kind(self) -> str:
        """The type of the error, qualified."""
        return NO_ERROR if self.error is None else f"{type(self.error).__module__}.{type(self.error).__qualname__}"


def run(program: str, folder: Path, *, guarded: bool = True, name: str = "program.py", **names: Any) -> Ran:
    """Run `program` (after the prelude) from a file in `folder`, with `names` among its globals."""
    path = folder / name
    source = PRELUDE + program
    path.write_text(source, encoding="utf-8")
    return execute(compile(source, str(path), "exec"), guarded=guarded, __file__=str(path), **names)


def execute(code: Any, *, guarded: bool = True, **names: Any) -> Ran:
    """Run compiled code as a main program."""
    space: dict[str, Any] = {"__name__": "__main__", **names}
    printed = io.StringIO()
    error: BaseException | None = None
    started = time.perf_counter()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            with kerasguard.guard() if guarded else contextlib.nullcontext():
                exec(code, space)  # noqa: S102 - running programs is what this is for
        except BaseException as caught:  # noqa: BLE001 - whatever the program ends with
            error = caught
    return Ran(error, time.perf_counter() - started, printed.getvalue(), space)


class Terminal(io.StringIO):
    """A stream that passes for a terminal with colours."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Claim to be one."""
        return True


def formats(diagnosis: Diagnosis, root: Path) -> dict[str, str]:
    """Return what every output says of a diagnosis."""
    screen = Terminal()
    terminal.show(diagnosis, screen)
    found = {
        "text": text.plain(diagnosis),
        "note": notes.note(diagnosis),
        "terminal": screen.getvalue(),
        "json": json.dumps(report.report(diagnosis), ensure_ascii=False),
        "html": html.page(diagnosis, [diagnosis]),
        "fragment": diagnosis.to_html(),
        "github": "\n".join(github.commands(diagnosis, [diagnosis], root)),
        "sarif": json.dumps(sarif.log(diagnosis, [diagnosis], root), ensure_ascii=False),
    }
    if diagnosis.drawing is not None:
        found["svg"] = svg.svg(diagnosis.drawing, "title", "id")
    return found


def without_addresses(error: BaseException) -> str:
    """Return the text of an error without memory addresses."""
    return re.sub(r"0x[0-9a-f]+", "0x", str(error))
