"""The one document, and how it is laid out, shown and reported."""

from __future__ import annotations

import dataclasses
import io
import json
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasguard.render import changes, document, note, report, sanitise, terminal, text
from kerasguard.vocabulary import Diagnosis, Edit, ExceptionFacts, Expectation, Fix, Offender, Place, Step
from tests.conftest import validate_report

SOURCE = """\
import numpy as np

def predict(model, load):
    picture = load("cat.png")
    return model(picture)
"""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a source file into the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "predict.py"
    path.write_text(SOURCE, encoding="utf-8")
    return str(path)


def place(filename: str, row: int, code: str, function: str = "predict") -> Place:
    """Return a place of one whole line."""
    return Place(filename, row, row, 5, 5 + len(code), function, code)


def missing_axis(filename: str) -> Diagnosis:
    """Return a diagnosis that fills every field."""
    crash = place(filename, 5, "return model(picture)")
    cause = place(filename, 4, 'picture = load("cat.png")')
    edit = Edit(filename, (5, 18), (5, 25), "picture[np.newaxis]")
    return Diagnosis(
        code="KG301",
        name="missing-batch-axis",
        title="`picture` is one sample, model 'functional' wants a batch of samples.",
        explanation="Keras reads axis 0 as the batch axis.",
        cause=cause,
        trace=(Step(cause, "the array is made here", (64, 64, 3)), Step(crash, "refused here")),
        offenders=(Offender("picture", "array", (64, 64, 3), "float64", "inputs"),),
        expected=(Expectation("image", (None, 64, 64, 3), "float32", "the model's input"),),
        fixes=(Fix("add the batch axis", (edit,), "verified", "the model returns (1, 10)", "unsafe"),),
        also=("KG302",),
        crash=crash,
        exception=ExceptionFacts("ValueError", "Input 0 is incompatible"),
        environment={"python": "3.11", "tensorflow": "2", "keras": "3", "flavour": "keras3", "backend": "tensorflow"},
    )


def test_plain_text_says_all_facts(script: str) -> None:
    """The text names what was wanted and given, the way to the crash, the tried fix and where to read more."""
    assert text.plain(missing_axis(script)) == (
        "KG301 missing-batch-axis: `picture` is one sample, model 'functional' wants a batch of samples.\n"
        "\n"
        "    wanted  image    (None, 64, 64, 3)  float32  the model's input\n"
        "    given   picture        (64, 64, 3)  float64  inputs\n"
        "\n"
        "    Keras reads axis 0 as the batch axis.\n"
        "\n"
        '    predict.py:4  picture = load("cat.png")  the array is made here: (64, 64, 3)\n'
        "    predict.py:5  return model(picture)      refused here\n"
        "\n"
        "    fix: add the batch axis (tried on your objects: the model returns (1, 10)):\n"
        "    predict.py:5  - return model(picture)\n"
        "                  + return model(picture[np.newaxis])\n"
        "\n"
        "    python -m kerasguard explain KG301  (see also KG302)"
    )


def test_a_fix_that_was_not_tried_says_so(script: str) -> None:
    """Only a verified fix claims a trial."""
    diagnosis = missing_axis(script)
    fix = dataclasses.replace(diagnosis.fixes[0], status="unverified", evidence="it looks right")
    shown = text.plain(dataclasses.replace(diagnosis, fixes=(fix,)))
    assert "(not tried)" in shown
    assert "tried on your objects" not in shown


def test_other_fixes_are_named_below_the_first(script: str) -> None:
    """Alternatives take one line each."""
    diagnosis = missing_axis(script)
    other = Fix("load a list of pictures", (), "unverified")
    shown = text.plain(dataclasses.replace(diagnosis, fixes=(*diagnosis.fixes, other)))
    assert "\n    or: load a list of pictures (not tried)\n" in shown


def test_without_a_trace_cause_and_crash_stand_in(script: str) -> None:
    """A diagnosis without steps still shows its two places."""
    shown = text.plain(dataclasses.replace(missing_axis(script), trace=()))
    assert re.search(r"predict\.py:4 .* the cause\n.*predict\.py:5 .* refused here\n", shown)


def test_long_traces_are_folded_in_the_middle(script: str) -> None:
    """Both ends of a long trace stay, and the number of hidden lines is told."""
    steps = tuple(Step(place(script, row, f"x = step_{row}(x)"), f"note {row}") for row in range(1, 41))
    shown = text.plain(dataclasses.replace(missing_axis(script), trace=steps))
    assert "note 1\n" in shown
    assert "note 40\n" in shown
    assert re.search(r"\.\.\. 3\d more lines", shown)
    assert len(shown.splitlines()) <= text.MOST_LINES


def test_shape_is_not_said_twice(script: str) -> None:
    """A note that holds the shape already is left as it is."""
    step = Step(place(script, 4, "picture = ..."), "made here: (64, 64, 3)", (64, 64, 3))
    shown = text.plain(dataclasses.replace(missing_axis(script), trace=(step,)))
    assert "made here: (64, 64, 3)\n" in shown


def test_source_outside_the_working_directory_keeps_its_path(script: str, tmp_path: Path) -> None:
    """Only files below the working directory are shown relative to it."""
    assert document.shown_path(script) == "predict.py"
    assert document.shown_path(str(tmp_path.parent / "other.py")) == str(tmp_path.parent / "other.py")
    assert document.shown_path("<stdin>") == "<stdin>"


def test_user_text_cannot_draw(script: str) -> None:
    """Escape sequences, direction marks, surrogates and markup in names arrive as visible text."""
    diagnosis = missing_axis(script)
    offender = Offender("[red]a\x1b[31m\n\u202eb\udcff[/red]", "array", (1,), "float32\r")
    shown = text.plain(dataclasses.replace(diagnosis, offenders=(offender,)))
    assert "[red]a\\x1b[31m\\n\\u202eb\N{REPLACEMENT CHARACTER}[/red]" in shown
    assert not any(character in shown for character in "\x1b\r\u202e\udcff")


TEXTS = st.text(st.characters(), max_size=400)
SHAPES = st.none() | st.lists(st.none() | st.integers(0, 10**12), max_size=9).map(tuple)
PLACES = st.builds(
    Place, TEXTS, st.integers(1, 99), st.integers(1, 99), st.integers(1, 9), st.integers(1, 9), TEXTS, TEXTS
)
POSITIONS = st.tuples(st.integers(1, 9), st.integers(1, 99))
FIXES = st.builds(
    Fix,
    TEXTS,
    st.lists(st.builds(Edit, TEXTS, POSITIONS, POSITIONS, TEXTS), max_size=9).map(tuple),
    st.sampled_from(["verified", "unverified"]),
    st.none() | TEXTS,
)
DIAGNOSES = st.builds(
    Diagnosis,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    st.none() | PLACES,
    st.lists(st.builds(Step, PLACES, TEXTS, SHAPES), max_size=30).map(tuple),
    st.lists(st.builds(Offender, TEXTS, TEXTS, SHAPES, st.none() | TEXTS, TEXTS), max_size=12).map(tuple),
    st.lists(st.builds(Expectation, TEXTS, SHAPES, st.none() | TEXTS, TEXTS), max_size=12).map(tuple),
    st.lists(FIXES, max_size=4).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(DIAGNOSES, st.integers(10, 300))
def test_every_diagnosis_fits_the_page(diagnosis: Diagnosis, width: int) -> None:
    """Whatever the user's names and lines hold, the text has at most 25 lines of 100 columns, all printable."""
    lines = text.plain(diagnosis, width).split("\n")
    assert len(lines) <= text.MOST_LINES
    assert all(sanitise.cells(line) <= text.WIDTH for line in lines)
    assert all(line == sanitise.one_line(line) for line in lines)
    json.dumps(report.report(diagnosis))


def test_edits_become_changed_lines(tmp_path: Path) -> None:
    """Only lines that differ are shown, file by file from the top, without their common indentation."""
    path = tmp_path / "program.py"
    path.write_text("import a\n\nif a:\n    b = 1\n    c = 2\n    d = (\n        3)\n", encoding="utf-8")
    name = str(path)
    edits = [
        Edit(name, (4, 9), (4, 10), "10"),
        Edit(name, (1, 1), (1, 1), "import np\n"),
        Edit(name, (6, 9), (7, 11), "3"),
    ]
    shown = [(line.row, line.sign, line.code) for line in changes.changed_lines(edits)]
    assert shown == [
        (1, "+", "import np"),
        (4, "-", "b = 1"),
        (4, "+", "b = 10"),
        (6, "-", "d = ("),
        (7, "-", "    3)"),
        (6, "+", "d = 3"),
    ]


def test_edits_that_do_not_fit_change_nothing() -> None:
    """Positions outside the text, and overlapping edits, are refused as a whole."""
    lines = ["ab\n", "cd\n"]
    assert changes.apply_edits(lines, [Edit("f", (1, 2), (2, 2), "X")]) == "aXd\n"
    assert changes.apply_edits(lines, [Edit("f", (4, 1), (4, 1), "X")]) is None
    assert changes.apply_edits(lines, [Edit("f", (2, 2), (1, 1), "X")]) is None
    assert changes.apply_edits(lines, [Edit("f", (1, 1), (1, 3), ""), Edit("f", (1, 2), (2, 1), "")]) is None


def test_a_change_far_to_the_right_can_be_seen(script: str, tmp_path: Path) -> None:
    """A long line is cut on its left when the change is on its right."""
    long = tmp_path / "long.py"
    long.write_text("result = " + "value + " * 30 + "last\n", encoding="utf-8")
    edit = Edit(str(long), (1, 250), (1, 254), "first")
    fix = Fix("use the first", (edit,))
    shown = text.plain(dataclasses.replace(missing_axis(script), fixes=(fix,)))
    assert "+ last\n" in shown
    assert "+ first\n" in shown


def test_a_note_is_known_as_ours_and_can_be_taken_off(script: str) -> None:
    """The note is plain text below the message; taking it off leaves the user's own notes."""
    error = ValueError("no")
    error.add_note("the user's own")
    error.add_note(note.note(missing_axis(script)))
    assert [note.is_note(item) for item in error.__notes__] == [False, True]
    note.remove_note(error)
    assert error.__notes__ == ["the user's own"]


def test_terminal_shows_traceback_then_explanation(script: str) -> None:
    """The traceback comes first and without our note, the explanation once and last."""
    diagnosis = missing_axis(script)
    stream = io.StringIO()
    try:
        raise ValueError("no")  # noqa: TRY301 - a traceback is wanted
    except ValueError as error:
        error.add_note("the user's own")
        error.add_note(note.note(diagnosis))
        terminal.show_error(error, diagnosis, stream)
    shown = stream.getvalue()
    assert shown.startswith("Traceback (most recent call last):\n")
    assert f"ValueError: no\nthe user's own\n\n{text.plain(diagnosis)}\n" in shown
    assert shown.count("KG301 missing") == 1


def test_colour_only_on_terminals_that_want_it(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Escape codes go to a terminal, never into a file, nor anywhere under NO_COLOR; the text is the same."""
    diagnosis = missing_axis(script)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    for stream in (io.StringIO(), Terminal()):
        terminal.show(diagnosis, stream)
        assert stream.getvalue() == text.plain(diagnosis) + "\n"
    monkeypatch.delenv("NO_COLOR")
    coloured = Terminal()
    terminal.show(diagnosis, coloured)
    assert "\x1b[" in coloured.getvalue()
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.getvalue()) == text.plain(diagnosis) + "\n"


def test_show_uncaught_needs_an_explanation(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a diagnosis nothing is printed: the hook that was there speaks."""
    assert terminal.show_uncaught(ValueError("no")) is False
    assert capsys.readouterr() == ("", "")


def test_printed_tensors_are_cut_in_the_terminal_only() -> None:
    """The values in a message shrink to a line; the exception keeps its own text."""
    values = "\n".join(f"  [0.{row} -1.5e-3 nan]" if row % 7 else "  [0.25 0.5 0.75]" for row in range(1, 90))
    error = ValueError(f"Received: inputs=[[0.1 0.2 0.3]\n{values.replace('nan', '2.0')}] (of type EagerTensor)")
    before = str(error)
    shown = "".join(terminal.traceback_lines(error))
    assert len(shown.splitlines()) <= 8
    assert "more lines of values" in shown
    assert "(of type EagerTensor)" in shown
    assert str(error) == before


def test_endless_messages_are_cut() -> None:
    """A message of many lines, or one huge line, is shown by its beginning and end."""
    shown = terminal.shortened("\n".join(f"line {row}" for row in range(100)) + "\n" + "x" * 5000 + "end")
    assert shown.startswith("line 0\nline 1\n")
    assert "more lines ...]" in shown
    assert shown.endswith("xend")
    assert len(shown) < 1500


def test_a_message_that_cannot_be_printed_is_survived() -> None:
    """An exception whose str() raises is shown as Python shows it."""

    class BrokenError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert "BrokenError" in "".join(terminal.traceback_lines(BrokenError()))


def test_report_has_the_fields_of_the_contract(script: str) -> None:
    """The report of a failure holds the fields other programs read, and no others; a warning has no exception."""
    diagnosis = missing_axis(script)
    content = report.report(diagnosis, [diagnosis])
    assert list(content) == ["schema", "kerasguard", "environment", "warnings", "diagnosis"]
    assert content["environment"]["flavour"] == "keras3"
    validate_report(content)
    assert {"exception", "crash"} <= content["diagnosis"].keys()
    assert not {"exception", "crash"} & content["warnings"][0].keys()
    assert content["diagnosis"]["trace"][0]["shape"] == [64, 64, 3]
    assert "shape" not in content["diagnosis"]["trace"][1]


def test_report_without_a_failure_is_complete() -> None:
    """A run that succeeds reports its environment and a null diagnosis, and imports nothing for it."""
    content = report.report(None)
    assert content["diagnosis"] is None
    assert content["warnings"] == []
    assert set(content["environment"]) == {"python", "tensorflow", "keras", "flavour", "backend"}


def test_report_is_written_whole(tmp_path: Path) -> None:
    """Surrogates do not break the file, nothing is left beside it, and a failed write keeps the old report."""
    path = tmp_path / "report.json"
    report.write(path, {"text": "\udcff ä \x1b"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"text": "\N{REPLACEMENT CHARACTER} ä \x1b"}
    with pytest.raises(TypeError):
        report.write(path, {"text": object()})
    assert [item.name for item in tmp_path.iterdir()] == ["report.json"]


def test_diagnoses_travel_between_processes(script: str) -> None:
    """A diagnosis can be pickled: the demo gets them from its children."""
    diagnosis = missing_axis(script)
    assert pickle.loads(pickle.dumps(diagnosis)) == diagnosis  # noqa: S301
