"""Run a script as ``python script.py`` does: its own ``__main__``, arguments, module path and exit."""

from __future__ import annotations

import builtins
import io
import os
import sys
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType


class ScriptNotFound(Exception):  # noqa: N818 - it says what happened
    """The script cannot be read; the message is for the user."""


def execute(script: str, arguments: Sequence[str], source: bytes | None = None) -> None:
    """Run `script` with `arguments`; whatever it raises comes out, ``SystemExit`` included.

    Parameters
    ----------
    script
        Path of a Python source file.
    arguments
        What ``sys.argv[1:]`` will be.
    source
        What runs as the file's text, by default what the file holds.

    Raises
    ------
    ScriptNotFound
        When the file cannot be read.
    """
    path = script
    try:
        path = os.path.abspath(script)  # noqa: PTH100 - Python keeps symbolic links in __file__ as well
        with io.open_code(path) as stream:
            text = stream.read() if source is None else source
    except OSError as error:
        message = f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}"
        raise ScriptNotFound(message) from error
    main = _fresh_main(path)
    # It stays: exit handlers, threads and pickles of the script look for their names in it until the very end.
    sys.modules["__main__"] = main
    sys.argv = [script, *arguments]
    if not sys.flags.safe_path:
        sys.path[:1] = [str(Path(path).resolve().parent)]
    exec(compile(text, path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - running it is the purpose


def _fresh_main(path: str) -> ModuleType:
    main = ModuleType("__main__")
    main.__file__ = path
    main.__loader__ = SourceFileLoader("__main__", path)
    main.__spec__ = None
    main.__package__ = None
    main.__dict__.update(__builtins__=builtins, __cached__=None)
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    return main
