"""Tests of telling the user's frames from everybody else's."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import TracebackType

import numpy as np
import pytest

from kerasguard.provenance.frames import library_frames, user_frames
from kerasguard.provenance.user_files import is_user_file


def caught(run: object) -> TracebackType:
    """Return the traceback of a function that fails."""
    with pytest.raises(ValueError) as caught_error:  # noqa: PT011  # any failure will do
        run()  # type: ignore[operator]
    return caught_error.tb


def test_libraries_are_not_the_users() -> None:
    """The standard library, installed packages, frozen and generated code are not the user's."""
    assert not is_user_file(json.__file__)
    assert not is_user_file(np.__file__)
    assert not is_user_file("<frozen importlib._bootstrap>")
    assert not is_user_file("/any/__autograph_generated_filexyz.py")
    assert not is_user_file(sys.modules[is_user_file.__module__].__file__ or "")


def test_a_users_folder_may_be_called_keras(tmp_path: Path) -> None:
    """A folder's name does not make a file a library's."""
    assert is_user_file(str(tmp_path / "keras" / "train.py"))
    assert is_user_file(str(tmp_path / "my-site-packages" / "tensorflow.py"))
    assert is_user_file(__file__)


def test_user_frames_and_the_library_below() -> None:
    """The user's frames come outermost first, the library's below the last of them."""

    def parse(text: str) -> object:
        return json.loads(text)

    def run() -> object:
        return parse("{")

    tb = caught(run)
    frames = user_frames(tb)
    assert [frame.function for frame in frames] == ["caught", "run", "parse"]
    assert [frame.direct for frame in frames] == [False, True, True]
    assert frames[-1].locals["text"] == "{"
    assert frames[-1].source is not None
    assert frames[-1].node is not None
    assert frames[-1].source.segment(frames[-1].node) == "json.loads(text)"
    assert library_frames(tb)[0].f_code.co_name == "loads"


def test_a_callback_is_not_called_directly() -> None:
    """A user's function that a library calls is no direct callee of the user's frame before it."""

    def hook(pairs: object) -> object:
        raise ValueError(pairs)

    def run() -> object:
        return json.loads('{"a": 1}', object_hook=hook)

    frames = user_frames(caught(run))
    assert [frame.function for frame in frames][-2:] == ["run", "hook"]
    assert not frames[-1].direct
