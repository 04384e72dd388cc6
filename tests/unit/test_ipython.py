"""Notebooks and IPython: the tour in a real kernel, and the extension among other handlers of exceptions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY, Python

TOUR = REPOSITORY / "examples" / "tour.ipynb"
TWO_FAILURES = 2

SHELL = """
import json
from IPython.core.interactiveshell import InteractiveShell
from kerasguard import ipython
from kerasguard.vocabulary import Diagnosis

shell = InteractiveShell.instance()
shell.run_line_magic("colors", "nocolor")
fresh = shell.CustomTB, shell.custom_exceptions
FAIL = '''
from kerasguard.guarding import switch
from kerasguard.render import note
from kerasguard.vocabulary import Diagnosis
error = ValueError("no")
setattr(error, switch.DIAGNOSIS, Diagnosis("KG301", "missing-batch-axis", "One sample.", "", None))
error.add_note(note.note(error.__kerasguard_diagnosis__))
raise error
'''

def mine(shell, kind, error, traceback, tb_offset=None):
    print("MINE", kind.__name__, getattr(error, "__notes__", None))

"""


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the cells of the tour, by id, after a kernel has run them as JupyterLab does: with their ids."""
    for name in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(TOUR, as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path_factory.mktemp("tour")}})
    with client.setup_kernel():
        send = client.kc.session.msg

        def with_cell_id(kind: str, *args: Any, **kwargs: Any) -> Any:
            if kind == "execute_request":
                kwargs["metadata"] = {"cellId": running}
            return send(kind, *args, **kwargs)

        client.kc.session.msg = with_cell_id
        for index, cell in enumerate(notebook.cells):
            running = cell.id
            client.execute_cell(cell, index)
    return {cell.id: cell for cell in notebook.cells}


def kinds(cell: Any) -> list[str]:
    """Return the types of a cell's outputs, in order."""
    return [output.output_type for output in cell.outputs if output.output_type != "stream"]


def test_the_explanation_is_below_the_traceback(tour: dict[str, Any]) -> None:
    """A failing cell shows the traceback without our note and frames, then the explanation, as text and as HTML."""
    for name in ("mistake", "building"):
        assert kinds(tour[name]) == ["error", "display_data"]
        error, display = (output for output in tour[name].outputs if output.output_type != "stream")
        assert "KG" not in "\n".join(error.traceback)
        assert "boundary.py" not in "\n".join(error.traceback)
        assert display.data["text/plain"].startswith("KG")
        assert "KG" in display.data["text/html"]


def test_cells_are_traced(tour: dict[str, Any]) -> None:
    """Code in cells is the user's source: the trace begins in the cell of the helper, the fix edits the failing one."""
    shown = tour["mistake"].outputs[-1].data["text/plain"]
    made, called = tour["model"].execution_count, tour["mistake"].execution_count
    assert shown.startswith("KG301 missing-batch-axis: `picture` is one sample")
    assert re.search(rf"In\[{made}\]:8 +return pictures\[0\]", shown)
    assert re.search(rf"In\[{called}\]:2 +- model\(picture\)\n +\+ model\(picture\[(np\.newaxis|None)\]\)", shown)
    assert "tried on your objects" in shown
    assert "ipykernel" not in shown


def test_lines_link_to_their_cells(tour: dict[str, Any]) -> None:
    """Below the page there is a link to each cell that the explanation names."""
    page = tour["mistake"].outputs[-1].data["text/html"]
    links = dict(re.findall(r'<a href="#cell-id=([\w-]+)">(In\[\d+\], line \d+)', page))
    assert links.keys() == {"model", "mistake"}
    assert links["model"] == f"In[{tour['model'].execution_count}], line 8"


def test_a_diagnosis_shows_itself_as_a_page(tour: dict[str, Any]) -> None:
    """What `diagnose` returns is shown as HTML; the exception that was caught is not."""
    assert kinds(tour["diagnose"]) == ["execute_result"]
    assert "KG301" in tour["diagnose"].outputs[-1].data["text/html"]


def test_the_tour_says_what_it_promises(tour: dict[str, Any]) -> None:
    """The other cells run without an error, and the last one switches the guard off."""
    quiet = [cell for name, cell in tour.items() if cell.cell_type == "code" and name not in {"mistake", "building"}]
    assert all("error" not in kinds(cell) for cell in quiet)
    assert len([cell for cell in tour.values() if "error" in kinds_or_none(cell)]) == TWO_FAILURES
    assert tour["check"].outputs[-1].data["text/plain"] not in {"[]", ""}


def kinds_or_none(cell: Any) -> list[str]:
    """Return the types of the outputs of a cell that may have none."""
    return kinds(cell) if cell.cell_type == "code" else []


def test_the_notebook_is_stored_without_outputs() -> None:
    """Nobody's paths and versions are in the repository."""
    import json

    cells = json.loads(TOUR.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def in_shell(python: Python, tmp_path: Path, program: str) -> str:
    """Run a program with an IPython shell, and return what it printed."""
    pytest.importorskip("IPython", reason="IPython is not installed")
    (tmp_path / "program.py").write_text(SHELL + program, encoding="utf-8")
    done = python(["program.py"], environment={"IPYTHONDIR": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_loaded_by_its_name(python: Python, tmp_path: Path) -> None:
    """``%load_ext kerasguard`` explains below the traceback, ``%unload_ext`` leaves the shell as it was."""
    shown = in_shell(
        python,
        tmp_path,
        "shell.run_line_magic('load_ext', 'kerasguard')\nshell.run_cell(FAIL)\nprint('=' * 9)\n"
        "shell.run_line_magic('unload_ext', 'kerasguard')\nassert (shell.CustomTB, shell.custom_exceptions) == fresh\n"
        "shell.run_cell('1 / 0')\nprint(shell.user_ns['error'].__notes__)\n",
    )
    first, _, second = shown.partition("=" * 9)
    assert first.count("KG301 missing-batch-axis: One sample.") == 1
    assert first.index("ValueError: no") < first.index("KG301 missing-batch-axis")
    assert "ZeroDivisionError" in second
    assert "KG301" in second, "the note is still on the exception"


def test_an_earlier_handler_is_called_and_comes_back(python: Python, tmp_path: Path) -> None:
    """A handler that was set before shows the exception, the explanation follows; unloading restores it."""
    shown = in_shell(
        python,
        tmp_path,
        "shell.set_custom_exc((ValueError,), mine)\nbefore = shell.CustomTB\n"
        "ipython.load_ipython_extension(shell)\nipython.load_ipython_extension(shell)\nshell.run_cell(FAIL)\n"
        "shell.run_cell('1 / 0')\nipython.unload_ipython_extension(shell)\n"
        "assert shell.CustomTB is before and shell.custom_exceptions == (ValueError,)\n",
    )
    assert shown.index("MINE ValueError None") < shown.index("KG301 missing-batch-axis: One sample.")
    assert "ZeroDivisionError: division by zero" in shown


def test_a_later_handler_stays(python: Python, tmp_path: Path) -> None:
    """Unloading leaves a handler alone that was set after ours, even one that calls ours."""
    shown = in_shell(
        python,
        tmp_path,
        "ipython.load_ipython_extension(shell)\nours = shell.CustomTB\n"
        "def later(shell, kind, error, traceback, tb_offset=None):\n    print('LATER')\n"
        "    return ours(kind, error, traceback, tb_offset=tb_offset)\n"
        "shell.set_custom_exc((ValueError,), later)\nset_later = shell.CustomTB\n"
        "ipython.unload_ipython_extension(shell)\nassert shell.CustomTB is set_later\nshell.run_cell('int(\"x\")')\n",
    )
    assert "LATER" in shown
    assert "invalid literal" in shown


def test_errors_of_syntax_look_as_ever(python: Python, tmp_path: Path) -> None:
    """What the shell shows for errors of syntax and indentation does not change."""
    program = "shell.run_cell('x = (')\nshell.run_cell('if True:\\nx')\nshell.run_cell('int(\"x\")')\n"
    plain = in_shell(python, tmp_path, program)
    assert in_shell(python, tmp_path, "ipython.load_ipython_extension(shell)\n" + program) == plain
