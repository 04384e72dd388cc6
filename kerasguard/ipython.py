"""The extension for IPython and notebooks: ``%load_ext kerasguard`` explains errors below their traceback."""

from __future__ import annotations

import sys
from traceback import walk_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any

from kerasguard import settings
from kerasguard.errors import fields, notes_of
from kerasguard.faults import contained
from kerasguard.guarding import reporting, switch
from kerasguard.render import cells, document, note

if TYPE_CHECKING:
    from kerasguard.vocabulary import Diagnosis


class Extension:
    """The guard of one shell, and its place among the shell's handlers of exceptions.

    Parameters
    ----------
    shell
        The running ``InteractiveShell``.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._active = False
        self._guard = switch.guard()
        self._ids: dict[str, str] = {}
        self._running: object = None

    def load(self) -> None:
        """Switch the guard on, and handle exceptions in front of the handler that is set now."""
        shell = self._shell
        self._guard.__enter__()
        self._before = shell.custom_exceptions, shell.CustomTB
        shell.set_custom_exc((Exception, *self._before[0]), self._handle)
        self._ours = shell.CustomTB
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)
        document.name_files(self._cell_name)
        self._active = True

    def unload(self) -> None:
        """Switch the guard off, and bring the earlier handler back, unless another one was put in front of ours."""
        shell = self._shell
        self._active = False
        if shell.CustomTB is self._ours:
            shell.custom_exceptions, shell.CustomTB = self._before
        shell.events.unregister("pre_run_cell", self._begin)
        shell.events.unregister("post_run_cell", self._end)
        document.name_files(None)
        self._guard.__exit__(None, None, None)

    def _begin(self, info: Any) -> None:
        """Note the notebook's id of the cell that is about to run: most frontends tell it."""
        self._running = getattr(info, "cell_id", None)

    def _end(self, result: Any) -> None:
        """Note under which number a cell ran."""
        self._identify(f"In[{result.execution_count}]", getattr(result.info, "cell_id", None))

    def _identify(self, cell: str, identity: object) -> None:
        if isinstance(identity, str):
            self._ids[cell] = identity

    def _cell_name(self, filename: str) -> str | None:
        """Return ``In[3]`` for the file name under which the shell compiled that cell."""
        found = self._shell.compile.format_code_name(filename)
        return None if found is None else str(found[1])

    def _handle(
        self,
        shell: Any,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
        tb_offset: int | None = None,
    ) -> Any:
        """Show an exception as the shell would, or as an earlier handler does, and the explanation below."""
        diagnosis = None
        notes = list(notes_of(error))
        if self._active:
            with contained("explaining an error"):
                diagnosis = switch.explain_uncaught(error)
                notes = list(notes_of(error))
                note.remove_note(error)  # it would stand inside the traceback
        try:
            shown = self._show_traceback(shell, kind, error, traceback, tb_offset)
        finally:
            if notes:
                fields(error)["__notes__"] = notes
        if diagnosis is not None:
            with contained("showing an explanation"):
                reporting.failed(diagnosis)
                self._show(diagnosis, traceback)
        return shown

    def _show_traceback(
        self,
        shell: Any,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
        tb_offset: int | None,
    ) -> Any:
        types, handler = self._before
        if types and issubclass(kind, types):
            return handler(kind, error, traceback, tb_offset=tb_offset)
        if traceback is not None and traceback.tb_frame.f_code.co_name != "run_code":
            # The cell could not be compiled; the shell has a way of its own to show that.
            (shell.showindentationerror if issubclass(kind, IndentationError) else shell.showsyntaxerror)()
        else:
            shell.showtraceback((kind, error, traceback), tb_offset=tb_offset, running_compiled_code=True)
        return None

    def _show(self, diagnosis: Diagnosis, traceback: TracebackType | None) -> None:
        if getattr(self._shell, "kernel", None) is None:
            from kerasguard.render import terminal

            terminal.show(diagnosis, sys.stdout)
            return
        for frame, _ in walk_tb(traceback):
            cell = self._cell_name(frame.f_code.co_filename)
            if cell is not None:  # the outermost one is the cell that is running
                self._identify(cell, self._running)
                break
        self._shell.display_pub.publish(cells.bundle(diagnosis, self._cell_name, self._ids))


_extensions: dict[int, Extension] = {}


def load_ipython_extension(shell: Any) -> None:
    """Answer ``%load_ext kerasguard``."""
    if settings.enabled() and id(shell) not in _extensions:
        extension = Extension(shell)
        extension.load()
        _extensions[id(shell)] = extension


def unload_ipython_extension(shell: Any) -> None:
    """Answer ``%unload_ext kerasguard``."""
    extension = _extensions.pop(id(shell), None)
    if extension is not None:
        extension.unload()
