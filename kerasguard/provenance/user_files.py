"""Which files are the user's own code."""

# ruff: noqa: PTH118, PTH119, PTH120, PTH206
# Paths are compared as the strings that code objects carry.
from __future__ import annotations

import linecache
import os
import site
import sys
import sysconfig

LIBRARIES = ("keras", "tf_keras", "tensorflow", "numpy", "wrapt")
AUTOGRAPH_FILE = "__autograph_generated_file"
OWN = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
EXAMPLES = os.path.join(OWN, "_examples", "")
_known: dict[str, bool] = {}


def is_user_file(filename: str) -> bool:
    """Tell whether code of this file is the user's: no library, no standard library, nothing generated."""
    known = _known.get(filename)
    if known is None:
        known = _known[filename] = _is_user_file(filename)
    return known


def is_made_up(filename: str) -> bool:
    """Tell whether code of this name came from a string: exec, eval, ``python -c``, functions that libraries write."""
    return filename.startswith("<") and not is_user_file(filename)


def _is_user_file(filename: str) -> bool:
    if filename.startswith("<"):
        # Consoles and notebooks file their cells in linecache; frozen and exec'ed library code does not.
        return bool(linecache.getlines(filename)) or filename == "<stdin>"
    if os.path.basename(filename).startswith(AUTOGRAPH_FILE):
        return False
    path = os.path.realpath(filename)
    if path.startswith(EXAMPLES):
        return True  # the bundled examples play the user's part
    if {"site-packages", "dist-packages"} & set(path.split(os.sep)):
        return False
    return not any(path.startswith(root + os.sep) for root in _library_roots())


def _library_roots() -> set[str]:
    paths = sysconfig.get_paths()
    roots = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib") if key in paths}
    roots.update(site.getsitepackages() if hasattr(site, "getsitepackages") else ())
    roots.add(OWN)
    for name in LIBRARIES:
        package = sys.modules.get(name)
        if package is not None:
            roots.update(str(path) for path in getattr(package, "__path__", ()))
    return {os.path.realpath(root) for root in roots if root}
