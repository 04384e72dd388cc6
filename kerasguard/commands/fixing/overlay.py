"""In the child: run edited source in the place of the files, with their names, and tell how the program ended."""

from __future__ import annotations

import base64
import functools
import importlib.abc
import importlib.machinery
import json
import linecache
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from kerasguard.commands.fixing.patching import python_lines

Texts = Mapping[str, bytes]


class Overlay:
    """Edited source files, by real path: imports, tracebacks and `inspect` see them, the disk does not.

    Parameters
    ----------
    texts
        The bytes of each file.
    outcome
        The file to which `tell` writes.
    """

    def __init__(self, texts: Texts, outcome: Path) -> None:
        self._texts = dict(texts)
        self._outcome = outcome

    @classmethod
    def read(cls, plan: Path) -> Overlay:
        """Return the overlay that `write` left for a child."""
        content = json.loads(plan.read_text(encoding="utf-8"))
        texts = {name: base64.b64decode(text) for name, text in content["files"].items()}
        return cls(texts, Path(content["outcome"]))

    def install(self) -> None:
        """Serve the files from now on: to imports, and to all that look up source lines."""
        sys.meta_path.insert(0, _Finder(self._texts))
        linecache.clearcache()
        # AutoGraph has linecache read a file anew before it translates a function: what is in the cache does not last.
        linecache.updatecache = functools.partial(_updatecache, self._texts, linecache.updatecache)

    def source(self, script: str) -> bytes | None:
        """Return the text to run as `script`."""
        return self._texts.get(os.path.realpath(script))

    def tell(self, error: BaseException | None) -> None:
        """Write how the program ended: the error's last line, and the user's lines it went through, outermost first."""
        from kerasguard.provenance.user_files import is_user_file

        content: dict[str, Any] = {"error": None, "stack": []}
        if error is not None:
            said = traceback.format_exception_only(type(error), error)
            # A SyntaxError shows its line first; the exit status tells of a SystemExit.
            first = next((line for line in said if not line.startswith(" ")), "")
            content["error"] = None if isinstance(error, SystemExit) else first.strip()
            content["stack"] = [
                (os.path.realpath(frame.f_code.co_filename), row)
                for frame, row in traceback.walk_tb(error.__traceback__)
                if is_user_file(frame.f_code.co_filename)
            ]
        scratch = self._outcome.with_suffix(".part")
        scratch.write_text(json.dumps(content), encoding="utf-8")
        scratch.replace(self._outcome)


def write(plan: Path, texts: Texts, outcome: Path) -> None:
    """Leave an overlay for a child."""
    files = {name: base64.b64encode(data).decode("ascii") for name, data in texts.items()}
    plan.write_text(json.dumps({"files": files, "outcome": str(outcome)}), encoding="utf-8")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules as Python does, and gives the edited ones a loader that reads the edited text."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        paths = [Path(name) for name in texts]
        # Only modules of these names are looked up: importing a large library asks thousands of times.
        self._names = {path.parent.name if path.stem == "__init__" else path.stem for path in paths}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.rpartition(".")[2] not in self._names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or not isinstance(spec.loader, SourceFileLoader):
            return None
        data = self._texts.get(os.path.realpath(spec.origin))
        if data is None:
            return None
        spec.loader = _Loader(fullname, spec.origin, data)
        spec.cached = None
        return spec


class _Loader(SourceFileLoader):
    """Loads a module from an edited text under the name of its file; no compiled copy is read or written."""

    def __init__(self, fullname: str, path: str, data: bytes) -> None:
        super().__init__(fullname, path)
        self._data = data

    def get_data(self, path: str) -> bytes:
        return self._data if path == self.path else super().get_data(path)

    def get_code(self, fullname: str) -> Any:
        return self.source_to_code(self._data, self.get_filename(fullname))


def _updatecache(texts: Texts, original: Callable[..., list[str]], filename: str, names: Any = None) -> list[str]:
    """Stand in for `linecache.updatecache`: an edited file is not read from the disk."""
    data = texts.get(os.path.realpath(filename))
    if data is None:
        return original(filename, names)
    lines = python_lines(data)
    linecache.cache[filename] = (len(data), None, lines, filename)  # without a time stamp it is never out of date
    return lines
