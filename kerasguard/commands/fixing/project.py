"""Which files a fix may edit: Python source of the script's project, never an installed package."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kerasguard.provenance.user_files import is_user_file

# What marks the top folder of a project; the nearest one above the script counts.
_MARKS = (".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg")


class Project:
    """The files that belong to a script.

    Parameters
    ----------
    script
        Path of the program.

    Attributes
    ----------
    script : Path
        Its real path.
    root : Path
        The top folder of its project: the nearest one with a mark of version control or packaging, else its own.
    """

    def __init__(self, script: Path) -> None:
        self.script = script.resolve()
        self.root = _root(self.script.parent)

    def refusal(self, path: Path) -> str | None:
        """Return why `path` (a real path) may not be edited, None when it may."""
        if path == self.script:
            return None
        if not path.is_relative_to(self.root):
            return f"{path} is outside the project"
        if not is_user_file(str(path)) or _in_environment(path, self.root):
            return f"{path} belongs to an installed package"
        if path.suffix not in {".py", ".pyw"} or not path.is_file():
            return f"{path} is no Python source file"
        return None


def _root(folder: Path) -> Path:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    for candidate in (folder, *folder.parents):
        if candidate in (home, Path(candidate.anchor)):
            break  # a home folder under version control is no project
        if any((candidate / mark).exists() for mark in _MARKS):
            return candidate
    return folder


def _in_environment(path: Path, root: Path) -> bool:
    """Return whether a folder between the project and `path` is a virtual environment."""
    folders = [folder for folder in path.parents if folder.is_relative_to(root)]
    if any((folder / "pyvenv.cfg").exists() for folder in folders if folder != root):
        return True
    return any(path.is_relative_to(prefix) for prefix in _prefixes() if prefix.is_relative_to(root) and prefix != root)


def _prefixes() -> list[Path]:
    return [Path(prefix).resolve() for prefix in {sys.prefix, sys.exec_prefix}]
