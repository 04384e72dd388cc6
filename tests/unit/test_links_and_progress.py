"""What only a terminal gets: links on file:line, and a spinner while something takes its time."""

from __future__ import annotations

import io
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kerasguard import settings
from kerasguard.render import links, progress, terminal
from kerasguard.vocabulary import Diagnosis, Edit, Fix, Place, Step

VARIABLES = (
    *("NO_COLOR", "CI", "TMUX", "STY", "FORCE_HYPERLINK", "TERM_PROGRAM", "VTE_VERSION", "TERM", "COLORTERM"),
    *("KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION", "DOMTERM", "KERASGUARD_LINKS", "KERASGUARD_PROGRESS"),
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Lie."""
        return True


@pytest.fixture(autouse=True)
def bare_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from a terminal of which nothing is known."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def diagnosis(tmp_path: Path) -> Diagnosis:
    """Return a diagnosis about a file that exists."""
    file = tmp_path / "my model.py"
    file.write_text("a = 1\nmodel(a)\n", encoding="utf-8")
    place = Place(str(file), 2, 2, 1, 9, "<module>", "model(a)")
    cell = Place("/nowhere/ipykernel_1/2.py", 1, 1, 1, 2, "<module>", "a = 1")
    fix = Fix("wrap it", (Edit(str(file), (2, 7), (2, 8), "[a]"),))
    steps = (Step(cell, "made here"), Step(place, "refused here"))
    return Diagnosis("KG301", "missing-batch-axis", "One sample.", "", place, steps, fixes=(fix,))


def shown(diagnosis: Diagnosis) -> str:
    """Return what a terminal gets."""
    stream = Terminal()
    terminal.show(diagnosis, stream)
    return stream.getvalue()


def targets(text: str) -> list[str]:
    """Return the addresses of the links in a text."""
    return [part.partition(";")[2].partition("\x1b")[0] for part in text.split("\x1b]8;")[1:] if part[0] != ";"]


def test_places_are_links_where_terminals_follow_them(
    diagnosis: Diagnosis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """File and row are linked in the trace and the fix, quoted; what is no file is not."""
    assert targets(shown(diagnosis)) == []
    monkeypatch.setenv("TERM_PROGRAM", "vscode")
    path = f"{tmp_path.as_posix()}/my%20model.py"
    assert targets(shown(diagnosis)) == [f"vscode://file{path}:2"] * 2
    monkeypatch.setenv("TERM_PROGRAM", "WezTerm")
    assert all(target.startswith("file://") and target.endswith(f"{path}#2") for target in targets(shown(diagnosis)))


def test_links_change_nothing_else(diagnosis: Diagnosis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text and width are the same with links; without colour there are none."""
    without = shown(diagnosis)
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    bare = "".join(
        part.partition("\x1b\\")[2] if i else part for i, part in enumerate(shown(diagnosis).split("\x1b]8;"))
    )
    assert bare == without
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(diagnosis)


def test_links_as_the_user_wants_them(diagnosis: Diagnosis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """KERASGUARD_LINKS switches links on and off and takes an editor's address; the argument is stronger."""
    monkeypatch.setenv("KERASGUARD_LINKS", "1")
    assert len(targets(shown(diagnosis))) == 2
    monkeypatch.setenv("KERASGUARD_LINKS", "idea://open?file={path}&line={row}")
    assert targets(shown(diagnosis))[0] == f"idea://open?file={tmp_path.as_posix()}/my%20model.py&line=2"
    settings.hold(diagnosis, settings.resolved(links=False))
    try:
        assert targets(shown(diagnosis)) == []
    finally:
        settings.release(diagnosis)


@pytest.mark.parametrize(
    ("environment", "supported"),
    [
        ({}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"VTE_VERSION": "7006"}, True),
        ({"VTE_VERSION": "4205"}, False),
        ({"WT_SESSION": "x"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "iTerm.app", "TMUX": "x"}, False),
        ({"TERM_PROGRAM": "vscode", "CI": "1"}, False),
        ({"TERM_PROGRAM": "vscode", "FORCE_HYPERLINK": "0"}, False),
    ],
)
def test_which_terminals_are_known(environment: dict[str, str], supported: bool) -> None:  # noqa: FBT001 - a parameter
    """Links are for terminals that are known to follow them."""
    assert links.supported(environment) is supported


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Return what makes stderr a terminal; the spinner does not wait long."""
    monkeypatch.setattr(progress, "DELAY_S", 0.05)

    def replaced() -> Terminal:  # in the test itself: pytest's own capture comes after the fixtures
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return replaced


def wait_for_spinner(stream: Terminal) -> None:
    """Wait until the spinner is there."""
    end = time.monotonic() + 20
    while "looking" not in stream.getvalue():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_spinner_comes_late_and_goes(quick: Callable[[], Terminal]) -> None:
    """What takes long shows a spinner, which is gone afterwards; what is over at once shows nothing."""
    stream = quick()
    with progress.shown("looking"):
        pass
    time.sleep(0.2)
    assert stream.getvalue() == ""
    with progress.shown("looking"):
        wait_for_spinner(stream)
    assert stream.getvalue().endswith("\x1b[2K"), "the line is empty again"
    assert "\x1b[?25h" in stream.getvalue(), "the cursor is back"


def test_a_spinner_can_be_switched_off(quick: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch) -> None:
    """KERASGUARD_PROGRESS=0 and streams that are no terminal mean no spinner, and no thread."""
    monkeypatch.setenv("KERASGUARD_PROGRESS", "0")
    stream = quick()
    with progress.shown("looking"):
        time.sleep(0.2)
    assert stream.getvalue() == ""


def test_a_failure_ends_the_spinner(quick: Callable[[], Terminal]) -> None:
    """An exception passes, and the spinner goes."""
    stream = quick()

    def fail() -> None:
        wait_for_spinner(stream)
        raise KeyError

    with pytest.raises(KeyError):
        progress.during("looking", fail)()
    assert "\x1b[?25h" in stream.getvalue()


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo terminal")
def test_on_a_real_terminal(tmp_path: Path) -> None:
    """`fix` shows the spinner on a terminal while the program runs, and its output is as ever."""
    import pty

    script = tmp_path / "slow.py"
    script.write_text("import time\ntime.sleep(1.5)\n", encoding="utf-8")
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "kerasguard", "fix", script.name],
        cwd=tmp_path,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    stdout, _ = child.communicate(timeout=60)
    seen = b"".join(_everything(ours))
    os.close(ours)
    assert b"kerasguard runs slow.py" in seen
    assert "slow.py runs to its end as it is" in stdout
    assert "\x1b" not in stdout


def _everything(descriptor: int) -> Iterator[Any]:
    while select.select([descriptor], [], [], 0.5)[0]:
        try:
            found = os.read(descriptor, 65536)
        except OSError:  # the other end is closed
            return
        if not found:
            return
        yield found
