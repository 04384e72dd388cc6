"""Apply edits to a file's bytes, and write files: all at once or not at all, every byte outside the edits as it was."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
import tempfile
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kerasguard.render.changes import apply_edits
from kerasguard.vocabulary import Edit

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class CannotPatch(Exception):  # noqa: N818 - it says what happened
    """Edits can't be applied; the message says why."""


class FilesChanged(Exception):  # noqa: N818 - it says what happened
    """A file is not what it was when the program ran; the message names it."""


def patched(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return a source file's bytes after `edits` (all of this one file).

    The encoding, a byte order mark, the line ends and all that the edits do not touch stay to the byte. New lines end
    like the line that the edit begins on.

    Raises
    ------
    CannotPatch
        When the edits do not fit, overlap, can't be written in the file's encoding, or leave no Python.
    """
    encoding, lines = _lines(data)
    text = apply_edits(lines, [_with_line_ends(edit, lines) for edit in edits])
    if text is None:
        raise CannotPatch("the edits do not fit the file")
    try:
        result = text.encode(encoding)
    except UnicodeEncodeError as error:
        raise CannotPatch(f"the new text cannot be written in the file's encoding, {encoding}") from error
    try:
        compile(result, "<edited>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise CannotPatch("the edited file would not be Python") from error
    return result


def python_lines(data: bytes) -> list[str]:
    r"""Return the lines of a source file as `linecache` gives them: decoded, ending in ``\n``, the last one as well."""
    return [line[: len(line) - len(_end(line))] + "\n" for line in _lines(data)[1]]


def source_lines(data: bytes) -> list[str]:
    """Return the lines of a source file with their own line ends."""
    return _lines(data)[1]


def original_row(before: bytes, after: bytes, row: int) -> float:
    """Return which row of `before` the 1-based `row` of `after` was; halves lie between two rows."""
    old, new = python_lines(before), python_lines(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if new_start < row <= new_end:
            if tag == "insert":
                return old_start + 0.5
            return min(old_start + row - new_start, old_end)
    return row + len(old) - len(new)


def write_all(changes: Mapping[Path, tuple[bytes | None, bytes]]) -> None:
    """Write files; each must still hold the first of its two contents (None: whatever it holds), and gets the second.

    A reader finds a file old or new, never a part of it, and after an error all files are as they were.

    Raises
    ------
    FilesChanged
        When one of the files holds something else; nothing is written then.
    OSError
        When a file cannot be written.
    """
    for path, (before, _) in changes.items():
        if before is not None and (not path.is_file() or path.read_bytes() != before):
            raise FilesChanged(f"{path} was changed since the program ran")
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(f"{path} is write-protected")
    done: list[Path] = []
    with contextlib.ExitStack() as scratch:
        ready = [(path, _beside(path, after, scratch)) for path, (_, after) in changes.items()]
        try:
            for path, copy in ready:
                copy.replace(path)
                done.append(path)
        except OSError:
            for path in done:
                before = changes[path][0]
                if before is not None:
                    _beside(path, before, scratch).replace(path)
            raise


def _beside(path: Path, content: bytes, scratch: contextlib.ExitStack) -> Path:
    """Write `content` to a new file in the folder of `path`, with its mode; it goes with `scratch` unless moved."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    copy = Path(name)
    scratch.callback(copy.unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    copy.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
    return copy


def _umask() -> int:
    """Return the process' file mode mask (reading it means setting it for a moment)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _lines(data: bytes) -> tuple[str, list[str]]:
    """Return the encoding of a source file and its lines with their own line ends, without a byte order mark."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
        same = text.encode(encoding) == data
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise CannotPatch("the file is not readable as Python source") from error
    if not same:
        raise CannotPatch(f"the file's encoding, {encoding}, has several ways to write the same text")
    return encoding, _LINE.findall(text)


def _with_line_ends(edit: Edit, lines: Sequence[str]) -> Edit:
    """Give the new lines of an edit the line end that is in use where it begins."""
    content = edit.content
    row = min(edit.start[0], len(lines))
    if edit.start[0] > len(lines) and lines and not lines[-1].endswith(("\r", "\n")):
        content = f"\n{content}".removesuffix("\n")  # behind a last line that has no line end, and still has none
        end = _end(lines[-2]) if len(lines) > 1 else "\n"
    else:
        # The last line may have none of its own.
        end = next((_end(lines[i]) for i in (row - 1, row - 2) if 0 <= i < len(lines) and _end(lines[i])), "\n")
    return replace(edit, content=content.replace("\r\n", "\n").replace("\n", end))


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
