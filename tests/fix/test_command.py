"""The command as users type it: what it prints, writes and returns, on real programs in real processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Python

FIX = ["-m", "kerasguard", "fix"]

DATA = b"""\
# -*- coding: latin-1 -*-
import numpy as np


def pictures(count):
\tname = '\xe9t\xe9'  # a blank follows: \n
\treturn np.zeros((count, 8, 8, 3), "float32"), np.arange(count) % 3""".replace(b"\n", b"\r\n")

# Two mistakes: the loss wants one-hot labels, and one sample is no batch.
TRAIN = """\
import sys

import tensorflow as tf

from data import pictures


def main():
    model = tf.keras.Sequential([
        tf.keras.Input((8, 8, 3)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(3, activation="softmax"),
    ])
    model.compile(loss="categorical_crossentropy", optimizer="sgd")
    images, labels = pictures(12)
    model.fit(images, labels, verbose=0)
    print(model.predict(images[0], verbose=0).shape, sys.argv[1:])


main()
"""

# The mistake is in the helper: the model has no batch axis to stack on.
HELPER = b"""\
import tensorflow as tf\r
\r
\r
def block(x):\r
\tx = tf.keras.layers.Conv2D(4, 3)(x)\r
\tx = tf.keras.layers.Flatten()\r
\treturn tf.keras.layers.Dense(2)(x)"""

USER = """\
import tensorflow as tf
from helper import block

inputs = tf.keras.Input((8, 8, 1))
model = tf.keras.Model(inputs, block(inputs))
print(model.output_shape)
"""

ENDLESS = """\
import time

import numpy as np
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1)])
print(model.predict(np.zeros(4, "float32"), verbose=0).shape)
time.sleep(600)
"""


def write(path: Path, text: str | bytes) -> Path:
    """Write a program."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_two_faults_are_mended_and_written(python: Python, tmp_path: Path) -> None:
    """The difference is printed, ``--write`` applies it, the program runs, and a second time changes nothing."""
    data, train = write(tmp_path / "data.py", DATA), write(tmp_path / "train.py", TRAIN)
    first = python([*FIX, "--write", "train.py", "--epochs", "3"], timeout=300)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "is run several times" in first.stdout.splitlines()[0]
    rounds = [line for line in first.stdout.splitlines() if line.startswith("round ")]
    assert [line.split()[2] for line in rounds] == ["KG402", "KG301"]
    assert "--- train.py\n+++ train.py\n@@" in first.stdout
    assert "\x1b" not in first.stdout
    assert data.read_bytes() == DATA
    mended = train.read_bytes()
    assert mended != TRAIN.encode()
    again = python([*FIX, "--write", "train.py"], timeout=300)
    assert again.returncode == 0, again.stdout
    assert "nothing to fix" in again.stdout
    assert train.read_bytes() == mended


def test_a_helper_is_mended_to_the_byte(python: Python, tmp_path: Path) -> None:
    """The edit lands in the helper module; its line ends, tabs and missing last line end stay; JSON tells it all."""
    helper, user = write(tmp_path / "helper.py", HELPER), write(tmp_path / "user.py", USER)
    done = python([*FIX, "--json", "--write", "--output", "copy.py", "user.py"], timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["runs"]
    assert told["files"] == [str(helper.resolve())]
    assert sorted(told["written"]) == sorted([str(helper.resolve()), str((tmp_path / "copy.py").resolve())])
    assert [(one["round"], one["verdict"], one["kept"]) for one in told["rounds"]] == [(1, "runs", True)]
    assert told["rounds"][0]["cause"]["filename"] == str(helper)
    line = b"\tx = tf.keras.layers.Flatten()"
    assert helper.read_bytes() == HELPER.replace(line, line + b"(x)")
    assert user.read_bytes() == USER.encode() == (tmp_path / "copy.py").read_bytes()


def test_a_program_that_goes_on_counts_as_running(python: Python, tmp_path: Path) -> None:
    """With a time limit a program need not come to its end; without ``--write`` nothing is written."""
    script = write(tmp_path / "endless.py", ENDLESS)
    done = python([*FIX, "--timeout", "20", "endless.py"], timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "still running after" in done.stdout
    assert "--write applies it" in done.stdout
    assert script.read_bytes() == ENDLESS.encode()
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".py"] == ["endless.py"]


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("raise NameError('other')", "NameError: other"),
        ("import sys\nsys.exit(3)", "exit status 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("x = (", "SyntaxError"),
    ],
)
def test_what_is_no_mistake_of_ours_fails(python: Python, tmp_path: Path, program: str, words: str) -> None:
    """A program that fails for another reason is left alone, and the reason is told."""
    script = write(tmp_path / "other.py", program)
    done = python([*FIX, "--write", "--output", "copy.py", "other.py"])
    assert done.returncode == 1
    assert words in done.stdout
    assert script.read_text(encoding="utf-8") == program
    assert not (tmp_path / "copy.py").exists()


def test_wrong_use_is_told(python: Python, tmp_path: Path) -> None:
    """A missing script, a missing folder and senseless numbers end with status 2 before anything runs."""
    write(tmp_path / "a.py", "print('ran')")
    for wrong in (
        ["missing.py"],
        ["--output", "no/such.py", "a.py"],
        ["--rounds", "0", "a.py"],
        ["--timeout", "-1", "a.py"],
    ):
        done = python([*FIX, *wrong])
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr


def test_the_script_sees_what_it_always_sees(python: Python, tmp_path: Path) -> None:
    """Arguments, working directory, module path and file name in the child are those of the script itself."""
    folder = tmp_path / "inner"
    folder.mkdir()
    write(folder / "neighbour.py", "here = __file__")
    write(
        folder / "tells.py",
        "import os, sys, neighbour\n"
        "facts = [sys.argv, os.getcwd(), sys.path[0], os.path.abspath(__file__), neighbour.here]\n"
        "open(sys.argv[1], 'a').write(repr(facts) + '\\n')\n",
    )
    plain = python(["inner/tells.py", "facts.txt", "--write"])
    fixed = python([*FIX, "inner/tells.py", "facts.txt", "--write"])
    assert (plain.returncode, fixed.returncode) == (0, 0), fixed.stdout
    one, other = (tmp_path / "facts.txt").read_text(encoding="utf-8").splitlines()
    assert one == other
