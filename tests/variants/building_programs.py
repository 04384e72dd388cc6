"""Programs with one mistake each: the mistakes of ``building/*.txt``, written in many layouts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "building"
MARK = "# <-"
CELL = "# %% "
FLAVOURS = ("keras3", "tf_keras")
HEADER = """\
import functools

import numpy as np
import tensorflow as tf

keras = tf.keras
layers = keras.layers


"""
LAYOUTS = {
    "flat": "{flat}",
    "function": "def build():\n{deep}\n    return locals()\n\n\nparts = build()",
    "method": (
        "class Experiment:\n    title = 'first'\n\n    def build(self, size=3):\n{deeper}\n        return self\n\n\n"
        "experiment = Experiment().build(size=4)"
    ),
    "loop": "for turn in range(2):\n{deep}",
    "partial": (
        "def build(seed, repeats=1):\n{deep}\n    return seed\n\n\nmake = functools.partial(build, repeats=2)\nmake(7)"
    ),
    "comprehension": "def build(turn):\n{deep}\n    return turn\n\n\nmodels = [build(turn) for turn in range(2)]",
    "dispatch": "def build(**options):\n{deep}\n\n\nBUILDERS = {{'base': build}}\nBUILDERS['base'](**{{'size': 3}})",
    "nested": (
        "def outer(times):\n    def inner(turn):\n{deeper}\n        return turn\n\n"
        "    return [inner(turn) for turn in range(times)]\n\n\nouter(times=1)"
    ),
    "main": "def main() -> None:\n{deep}\n\n\nif __name__ == '__main__':\n    main()",
}


@dataclass(frozen=True)
class Program:
    """A program that fails.

    Attributes
    ----------
    text
        Without the marks.
    rows
        The lines to blame, from 1: one of them has to be the cause.
    flavours
        The Kerases in which it is a mistake.
    """

    name: str
    code: str
    text: str
    rows: tuple[int, ...]
    flavours: tuple[str, ...]


def programs() -> Iterator[Program]:
    """Yield every mistake in each of its layouts."""
    for path in sorted(FOLDER.glob("kg*.txt")):
        for cell in path.read_text(encoding="utf-8").split(CELL)[1:]:
            head, _, body = cell.partition("\n")
            title, names, *flavours = (part.strip() for part in head.split("|"))
            for layout in names.split():
                text, rows = _laid_out(body.strip("\n"), layout)
                name = f"{path.stem}: {title}, {layout}"
                yield Program(name, path.stem.upper(), text, rows, tuple(flavours) or FLAVOURS)


def _laid_out(body: str, layout: str) -> tuple[str, tuple[int, ...]]:
    parts = {name: textwrap.indent(body, " " * depth) for name, depth in (("flat", 0), ("deep", 4), ("deeper", 8))}
    lines = (HEADER + LAYOUTS[layout].format(**parts)).splitlines()
    rows = tuple(row for row, line in enumerate(lines, 1) if MARK in line)
    return "\n".join(line.replace(MARK, "").rstrip() for line in lines) + "\n", rows
