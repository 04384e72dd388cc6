"""Edits applied to bytes: what they do not touch stays, whatever the encoding and the line ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kerasguard.commands.fixing.overlay import Overlay
from kerasguard.commands.fixing.patching import (
    CannotPatch,
    FilesChanged,
    original_row,
    patched,
    python_lines,
    write_all,
)
from kerasguard.commands.fixing.project import Project
from kerasguard.vocabulary import Edit


def edit(start: tuple[int, int], end: tuple[int, int], content: str) -> Edit:
    """Return an edit of a file."""
    return Edit("f.py", start, end, content)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        (b"a = 1\r\nb = 2\r\n", edit((2, 5), (2, 6), "3"), b"a = 1\r\nb = 3\r\n"),
        (b"a = 1\r\nb = 2\r\n", edit((2, 1), (2, 1), "c = 0\n"), b"a = 1\r\nc = 0\r\nb = 2\r\n"),
        (b"a = 1\rb = 2\r", edit((2, 1), (2, 1), "c = 0\n"), b"a = 1\rc = 0\rb = 2\r"),
        (b"a = 1\r\nb = 2\n", edit((2, 6), (2, 6), "\nc = 3"), b"a = 1\r\nb = 2\nc = 3\n"),
        (b"a = 1\r\nb = 2", edit((2, 6), (2, 6), "\nc = 3"), b"a = 1\r\nb = 2\r\nc = 3"),
        (b"a = 1\r\nb = 2", edit((3, 1), (3, 1), "c = 3\n"), b"a = 1\r\nb = 2\r\nc = 3"),
        (b"a = 1", edit((2, 1), (2, 1), "c = 3\n"), b"a = 1\nc = 3"),
        (b"\xef\xbb\xbfa = 1\n", edit((1, 5), (1, 6), "2"), b"\xef\xbb\xbfa = 2\n"),
        (
            b"# coding: latin-1\na = '\xe9'; b = 1\n",
            edit((2, 14), (2, 15), "2"),
            b"# coding: latin-1\na = '\xe9'; b = 2\n",
        ),
        (b"if 1:\n\ta = 1  \n\n", edit((2, 6), (2, 7), "2"), b"if 1:\n\ta = 2  \n\n"),
        (
            b"a = 1\x0c\nb = '\xe2\x80\xa8'; c = 1\n",
            edit((2, 14), (2, 15), "2"),
            b"a = 1\x0c\nb = '\xe2\x80\xa8'; c = 2\n",
        ),
    ],
    ids=[
        "crlf",
        "crlf-insert",
        "cr",
        "mixed",
        "no-end-append",
        "no-end-behind",
        "one-line",
        "bom",
        "latin",
        "tab",
        "feed",
    ],
)
def test_bytes_outside_the_edit_stay(before: bytes, change: Edit, after: bytes) -> None:
    """Line ends, encoding, byte order mark, tabs and blanks are as they were; new lines end like their neighbours."""
    assert patched(before, [change]) == after


def test_edits_of_one_fix_apply_together() -> None:
    """Positions of all edits are those of the text before any of them; an insertion goes before what starts there."""
    edits = [edit((1, 1), (1, 1), "x = 0\n"), edit((1, 1), (1, 2), "aa"), edit((2, 5), (2, 6), "aa")]
    assert patched(b"a = 1\nb = a\n", edits) == b"x = 0\naa = 1\nb = aa\n"


@pytest.mark.parametrize(
    ("before", "edits", "reason"),
    [
        (b"a = 1\n", [edit((9, 1), (9, 1), "x")], "do not fit"),
        (b"a = 12\n", [edit((1, 5), (1, 7), "3"), edit((1, 6), (1, 7), "4")], "do not fit"),
        (b"# coding: latin-1\na = 1\n", [edit((2, 5), (2, 6), "'\u20ac'")], "cannot be written"),
        (b"a = 1\n", [edit((1, 5), (1, 6), "(")], "would not be Python"),
        (b"# coding: nonsense\na = 1\n", [edit((2, 5), (2, 6), "2")], "not readable"),
        (b"a = '\xff'\n", [edit((1, 5), (1, 6), "2")], "not readable"),
    ],
)
def test_what_does_not_fit_is_refused(before: bytes, edits: list[Edit], reason: str) -> None:
    """Edits that can't be applied as a whole are not applied at all."""
    with pytest.raises(CannotPatch, match=reason):
        patched(before, edits)


def test_lines_are_those_of_linecache() -> None:
    """What kerasguard sees of an edited file is what Python would show of it on the disk."""
    assert python_lines(b"\xef\xbb\xbfa\r\nb\rc\x0cd\n\ne") == ["a\n", "b\n", "c\x0cd\n", "\n", "e\n"]


def test_rows_lead_back_to_the_file_as_it_was() -> None:
    """Rows behind an inserted line are counted without it; an inserted row lies between two."""
    before, after = b"a\nb\nc\n", b"a\nx\nb2\nc\n"
    assert [original_row(before, after, row) for row in (1, 4)] == [1, 3]
    assert original_row(b"a\nb\n", b"a\nx\nb\n", 2) == 1.5


def test_files_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    """A file that was changed meanwhile stops the writing of all; modes and links stay, nothing is left behind."""
    one, two, link = tmp_path / "one.py", tmp_path / "two.py", tmp_path / "link.py"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    one.chmod(0o755)
    link.symlink_to(one)
    with pytest.raises(FilesChanged, match=r"two\.py was changed"):
        write_all({one: (b"1", b"3"), two: (b"0", b"4")})
    assert (one.read_bytes(), two.read_bytes()) == (b"1", b"2")
    write_all({one: (b"1", b"3"), two: (b"2", b"4")})
    assert (one.read_bytes(), two.read_bytes(), one.stat().st_mode & 0o777) == (b"3", b"4", 0o755)
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.py", "one.py", "two.py"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
def test_write_protected_files_stay(tmp_path: Path) -> None:
    """A file without the right to write is not replaced by way of its folder."""
    path = tmp_path / "one.py"
    path.write_bytes(b"1")
    path.chmod(0o444)
    with pytest.raises(PermissionError):
        write_all({path: (b"1", b"2")})
    assert path.read_bytes() == b"1"


def test_only_files_of_the_project_are_edited(tmp_path: Path) -> None:
    """Source of the project may be edited; packages, environments, other folders and other files may not."""
    (tmp_path / "app" / ".git").mkdir(parents=True)
    names = ["src/train.py", "lib/data.py", ".venv/lib/x.py", ".venv/pyvenv.cfg", "site-packages/p.py", "lib/a.txt"]
    for name in [*names, "../other.py"]:
        path = tmp_path / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    project = Project(tmp_path / "app" / "src" / "train.py")
    refused = {name: project.refusal((tmp_path / "app" / name).resolve()) for name in [*names, "../other.py"]}
    assert [name for name, reason in refused.items() if reason is None] == ["src/train.py", "lib/data.py"]
    assert project.refusal(Path(os.__file__).resolve()) is not None
    assert Project(tmp_path / "other.py").refusal(tmp_path / "app" / "lib" / "data.py") is None


def test_an_overlay_leaves_the_disk_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edited module is imported in the place of its file, under its name, and without a compiled copy."""
    import inspect
    import linecache
    import sys

    path = tmp_path / "overlaid_module.py"
    path.write_text("value = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(linecache, "updatecache", linecache.updatecache)
    Overlay({str(path.resolve()): b"value = 2\n"}, tmp_path / "outcome").install()
    import overlaid_module  # type: ignore[import-not-found]

    assert overlaid_module.value == 2
    assert Path(overlaid_module.__file__) == path
    assert inspect.getsource(overlaid_module) == "value = 2\n"
    assert linecache.updatecache(str(path)) == ["value = 2\n"]
    assert path.read_text(encoding="utf-8") == "value = 1\n"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    del sys.modules["overlaid_module"]
