"""Which frames of a traceback are the user's, and what they hold."""

# ruff: noqa: PTH119
# Paths are compared as the strings that code objects carry.
from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any

from kerasguard.provenance.source import SourceFile, node_at, source_of
from kerasguard.provenance.user_files import AUTOGRAPH_FILE, is_user_file


@dataclass(frozen=True)
class UserFrame:
    """A frame of the user's own code, as it stood when the exception passed.

    ``direct`` is true when the user frame before it called it without a library in between; ``lasti`` is -1 where
    the frame ran a translation of the user's function (AutoGraph).
    """

    code: CodeType
    lasti: int
    lineno: int
    locals: Mapping[str, Any]
    globals: Mapping[str, Any]
    source: SourceFile | None
    node: ast.AST | None
    function: str
    direct: bool = False


def user_frames(tb: TracebackType | None) -> tuple[UserFrame, ...]:
    """Return the user's frames of a traceback, outermost first; AutoGraph's translations count as their originals."""
    frames: list[UserFrame] = []
    previous: FrameType | None = None
    while tb is not None:
        frame, filename = tb.tb_frame, tb.tb_frame.f_code.co_filename
        if is_user_file(filename):
            frames.append(_user_frame(frame, tb, direct=previous is not None and frame.f_back is previous))
            previous = frame
        elif os.path.basename(filename).startswith(AUTOGRAPH_FILE):
            original = _autograph_original(frame, tb.tb_lineno)
            if original is not None:
                frames.append(original)
                previous = frame
        tb = tb.tb_next
    return tuple(frames)


def library_frames(tb: TracebackType | None) -> tuple[FrameType, ...]:
    """Return the frames below the user's last frame, outermost first."""
    frames: list[FrameType] = []
    while tb is not None:
        frame = tb.tb_frame
        filename = frame.f_code.co_filename
        if is_user_file(filename) or (
            os.path.basename(filename).startswith(AUTOGRAPH_FILE) and _autograph_original(frame, tb.tb_lineno)
        ):
            frames.clear()
        else:
            frames.append(frame)
        tb = tb.tb_next
    return tuple(frames)


def _locals(frame: FrameType) -> Mapping[str, Any]:
    """Return the names of a frame: a function's as a copy, which the explanation can let go of when it is done."""
    return dict(frame.f_locals) if frame.f_code.co_flags & inspect.CO_OPTIMIZED else frame.f_locals


def release(frames: Iterable[UserFrame]) -> None:
    """Empty the copies of the frames' names."""
    for frame in frames:
        if frame.code.co_flags & inspect.CO_OPTIMIZED and isinstance(frame.locals, dict):
            frame.locals.clear()


def _user_frame(frame: FrameType, tb: TracebackType, *, direct: bool) -> UserFrame:
    found = node_at(frame.f_code, tb.tb_lasti)
    source = found[0] if found else source_of(frame.f_code.co_filename)
    node = found[1] if found else None
    return UserFrame(
        frame.f_code,
        tb.tb_lasti,
        tb.tb_lineno,
        _locals(frame),
        frame.f_globals,
        source,
        node,
        frame.f_code.co_name,
        direct,
    )


def _autograph_original(frame: FrameType, lineno: int) -> UserFrame | None:
    """Return the user's frame behind a translated one: its caller inside AutoGraph holds the original function."""
    caller = frame.f_back
    for _ in range(12):
        if caller is None:
            return None
        held = caller.f_locals
        lines = getattr(held.get("converted_f"), "ag_source_map", None)
        if isinstance(lines, dict):
            break
        caller = caller.f_back
    else:
        return None
    function = held.get("f")
    function = getattr(function, "__func__", function)
    if not isinstance(function, FunctionType):
        return None
    for location, info in lines.items():
        if getattr(location, "lineno", None) == lineno and is_user_file(info.loc.filename):
            row = info.loc.lineno
            source = source_of(info.loc.filename)
            statement = source.at_line(row) if source is not None else None
            node = _only_call(statement) or statement
            code = function.__code__
            return UserFrame(code, -1, row, _locals(frame), function.__globals__, source, node, code.co_name)
    return None


def _only_call(statement: ast.stmt | None) -> ast.Call | None:
    """Return the outermost call of a plain statement: the position inside the line is lost in translation."""
    if statement is None or isinstance(getattr(statement, "body", None), list):
        return None
    return next((node for node in ast.walk(statement) if isinstance(node, ast.Call)), None)
