"""Programs whose source is missing, has changed, cannot be read, or is in no file at all."""

from __future__ import annotations

import importlib
import linecache
import sys
import types
import zipfile
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import harness

FAILS = harness.PRELUDE + "def helper(t):\n    return t\ndata = helper(bad)\nmodel(data)\n"


def explained(ran: harness.Ran) -> Any:
    """Return the diagnosis, which every output must be able to show."""
    assert ran.kind == "builtins.ValueError"
    assert "kerasguard failed" not in ran.printed
    assert ran.diagnosis is not None
    harness.formats(ran.diagnosis, Path("/nowhere"))
    return ran.diagnosis


def edited_files(diagnosis: Any) -> set[str]:
    """Return the files that the fixes change."""
    return {edit.filename for fix in diagnosis.fixes for edit in fix.edits}


def test_missing(tmp_path: Path) -> None:
    """A file that is gone: the mistake is explained, without a place and without a fix."""
    path = tmp_path / "gone.py"
    path.write_text(FAILS, encoding="utf-8")
    code = compile(FAILS, str(path), "exec")
    path.unlink()
    linecache.checkcache()
    found = explained(harness.execute(code))
    assert found.crash is None or found.crash.filename != str(path)
    assert not edited_files(found)


CHANGES = {
    "lines above": "# one\n# two\n# three\n" + FAILS,
    "lines gone": FAILS.replace("def helper(t):\n    return t\n", ""),
    "other statements": FAILS.replace("data = helper(bad)\nmodel(data)\n", "other = small()\nother(x)\n"),
    "no Python": "{ this is no Python",
    "empty": "",
    "not UTF-8": FAILS.replace("helper", "h\udcff"),
    "null bytes": FAILS + "\0",
    "syntax of a newer Python": FAILS + "type X[T] = ~~ list[T] from the future\n",
}


HARMLESS = {"not UTF-8"}  # linecache shows what can be read of it


@pytest.mark.parametrize("change", CHANGES)
def test_changed_since_it_was_loaded(change: str, tmp_path: Path) -> None:
    """A file that is not what runs is not shown, not traced through and not edited."""
    path = tmp_path / "changed.py"
    code = compile(FAILS, str(path), "exec")
    path.write_bytes(CHANGES[change].encode("utf-8", "surrogateescape"))
    linecache.checkcache()
    found = explained(harness.execute(code))
    outside = found.crash is None or found.crash.filename != str(path)
    assert outside or found.crash.code == "model(data)"
    assert not edited_files(found) - ({str(path)} if change in HARMLESS else set())


@pytest.mark.parametrize("coding", ["utf-8-sig", "latin-1", "utf-16"])
def test_encodings(coding: str, tmp_path: Path) -> None:
    """A byte order mark and a declared encoding shift nothing; what Python cannot read is left alone."""
    path = tmp_path / "coded.py"
    head = "# -*- coding: latin-1 -*-\n" if coding == "latin-1" else ""
    source = head + FAILS.replace("data = ", "größe = 'é'; data = ")
    path.write_bytes(source.encode(coding))
    linecache.checkcache()
    found = explained(harness.execute(compile(source, str(path), "exec")))
    if coding == "utf-16":
        assert not edited_files(found)
    else:
        assert found.crash.code == "model(data)"
        assert all(edit.start[0] <= len(source.splitlines()) for fix in found.fixes for edit in fix.edits)


@pytest.mark.parametrize("filename", ["<string>", "<stdin>", "<frozen app>", "", "no/such\0file.py", "a" * 5000])
def test_in_no_file(filename: str) -> None:
    """Code from exec, eval, ``python -c`` and standard input has no lines to show; nothing is made up."""
    if "\0" in filename:
        code = compile(FAILS, "x", "exec")
        code = code.replace(co_filename=filename)
    else:
        code = compile(FAILS, filename, "exec")
    ran = harness.execute(code)
    assert ran.kind == "builtins.ValueError"
    assert "kerasguard failed" not in ran.printed
    if ran.diagnosis is not None:
        harness.formats(ran.diagnosis, Path("/nowhere"))
        assert not edited_files(ran.diagnosis)


def test_eval_and_exec_inside_a_program(tmp_path: Path) -> None:
    """An expression that is evaluated points at the line that evaluates it."""
    for program in ("eval('model(bad)')\n", "exec('def f():\\n    model(bad)\\nf()')\n"):
        found = explained(harness.run(program, tmp_path))
        assert found.crash is None or found.crash.code.startswith(("eval", "exec"))


def test_zip_imports(tmp_path: Path) -> None:
    """A module in a zip file is shown from the loader's source, and not edited: there is no file to edit."""
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("zipped_helper.py", "def call(model, data):\n    return model(data)\n")
    sys.path.insert(0, str(archive))
    try:
        found = explained(harness.run("import zipped_helper\nzipped_helper.call(model, bad)\n", tmp_path))
    finally:
        sys.path.remove(str(archive))
        sys.modules.pop("zipped_helper", None)
    assert all(Path(name).is_file() for name in edited_files(found))


def test_loaders_of_frozen_applications(tmp_path: Path) -> None:
    """A loader that has no source, or fails when it is asked for it, is no reason to fail."""

    class Loader:
        def get_source(self, name: str) -> str:
            raise OSError(name)

    module = types.ModuleType("frozen_helper")
    module.__spec__ = ModuleSpec("frozen_helper", Loader())  # type: ignore[arg-type]
    module.__loader__ = Loader()  # type: ignore[assignment]
    exec(compile("def call(model, data):\n    return model(data)\n", "frozen_helper.py", "exec"), vars(module))  # noqa: S102
    sys.modules["frozen_helper"] = module
    try:
        explained(harness.run("import frozen_helper\nfrozen_helper.call(model, bad)\n", tmp_path))
    finally:
        sys.modules.pop("frozen_helper")
    importlib.invalidate_caches()


def test_endless_lines_and_files(tmp_path: Path) -> None:
    """A line of a megabyte and a file of thirty thousand lines cost little and are not shown whole."""
    for program in (
        f"z = '{'a' * 1_000_000}'; model(bad)\n",
        "z = 1\n" * 30_000 + "model(bad)\n",
        f"model({'(' * 80}bad{')' * 80})\n",
    ):
        ran = harness.run(program, tmp_path)
        found = explained(ran)
        shown = harness.formats(found, tmp_path)
        assert len(shown["text"]) < 10_000
        assert len(shown["html"]) < 200_000
        assert ran.seconds < 6
