"""Show an uncaught error: the traceback as Python prints it, and below it the explanation, in colour on a terminal."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from kerasguard.errors import NO_TEXT, fields, text_of
from kerasguard.render import links
from kerasguard.render.document import build
from kerasguard.render.note import is_note
from kerasguard.render.sanitise import message
from kerasguard.render.text import MOST_LINES, WIDTH, Line, Role, layout, line_text
from kerasguard.vocabulary import Diagnosis

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

PACKAGE = Path(__file__).parent.parent

_RUNPY = ("<frozen runpy>", runpy.__file__)
_DIAGNOSIS = "__kerasguard_diagnosis__"
_MOST_MESSAGE_LINES = 8
_LONGEST_MESSAGE_LINE = 500
_NUMBERS = re.compile(r"[\s\[\](),.;:\d+\-e]*\d[\s\[\](),.;:\d+\-e]*|[\s.\[\]]*\.\.\.[\s.,\[\]]*")
_STYLES: dict[Role, str] = {
    "plain": "",
    "label": "bold red",
    "strong": "bold",
    "quiet": "dim",
    "wanted": "green",
    "given": "red",
    "place": "cyan",
    "removed": "red",
    "added": "green",
    "command": "bold",
}


def show_uncaught(error: BaseException, diagnosis: Diagnosis | None = None) -> bool:
    """Print `error` and its explanation to stderr, and return True; False, and nothing printed, without an explanation.

    Parameters
    ----------
    error
        The exception that nobody caught.
    diagnosis
        What is known of it; by default what kerasguard attached to it.
    """
    found = diagnosis if diagnosis is not None else fields(error).get(_DIAGNOSIS)
    if not isinstance(found, Diagnosis):
        return False
    show_error(error, found)
    return True


def show_error(error: BaseException, diagnosis: Diagnosis | None, stream: TextIO | None = None) -> None:
    """Print the traceback of `error` without kerasguard's own frames, then the explanation, to stderr or `stream`."""
    stream = sys.stderr if stream is None else stream
    if stream is None:  # pythonw and some services run without one
        return
    write(stream, "".join(traceback_lines(error)))
    if diagnosis is not None:
        write(stream, "\n")
        show(diagnosis, stream)


def show(diagnosis: Diagnosis, stream: TextIO) -> None:
    """Print the explanation of `diagnosis`: in colour on a terminal, as plain text elsewhere or under NO_COLOR."""
    colour = is_colour_terminal(stream)
    width = shutil.get_terminal_size((WIDTH, MOST_LINES)).columns if colour else WIDTH
    show_lines(layout(build(diagnosis), width), stream)


def show_lines(lines: Sequence[Line], stream: TextIO) -> None:
    """Print laid out lines: in colour on a terminal, as plain text elsewhere or under NO_COLOR."""
    if not is_colour_terminal(stream):
        write(stream, "".join(f"{line_text(line)}\n" for line in lines))
        return
    console = console_on(stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
    with console.capture() as shown:
        for line in lines:
            console.print(_rich_text(line))
    write(stream, shown.get())


def console_on(stream: TextIO, **options: Any) -> Console:
    """Return a console of rich's that lets the program go on when the terminal has gone."""
    from rich.console import Console  # nothing imports rich before there is something to show

    class Quiet(Console):
        def on_broken_pipe(self) -> None:
            """Do nothing: rich would end the program, and turn its stdout off."""

    return Quiet(file=stream, **options)


def is_colour_terminal(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal on which colour is welcome."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except Exception:  # noqa: BLE001 - not a full stream, closed, or one of the program's own
        return False


def traceback_lines(error: BaseException) -> Iterator[str]:
    """Yield what Python would print for `error`, without kerasguard's frames and note and with long messages cut."""
    try:
        report = traceback.TracebackException.from_exception(error)
    except Exception:  # noqa: BLE001 - Python itself cannot print what the user's class makes of it
        shown = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_own_file(frame.filename)]
        yield from ("Traceback (most recent call last):\n", *traceback.format_list(shown))
        yield f"{type(error).__qualname__}: {NO_TEXT}\n"
        return
    replaced: list[tuple[str, str]] = []
    for part in _chain(report):
        shown = [frame for frame in part.stack or () if not is_own_file(frame.filename)]
        # Without a frame there is no heading either: that is how a SyntaxError of a script looks.
        part.stack = traceback.StackSummary.from_list(shown) if shown else None  # type: ignore[assignment]
        notes = part.__notes__
        if isinstance(notes, list):
            part.__notes__ = [text for text in notes if not is_note(text)]
    for link in _links(error):
        text = text_of(link)
        replaced.append((text, shortened(text)))
    for piece in report.format():
        for whole, short in replaced:
            if whole and whole != short and whole in piece:
                piece = piece.replace(whole, short)  # noqa: PLW2901 - one piece, several messages
        yield piece


def shortened(text: str) -> str:
    """Return an exception's message with printed tensors and endless text cut to a few lines."""
    lines = [_short_line(line) for line in message(text).split("\n")]
    kept: list[str] = []
    numbers = 0
    for line in [*lines, ""]:
        if _NUMBERS.fullmatch(line):
            numbers += 1
            if numbers == 1:
                kept.append(line)
            continue
        if numbers > 1:
            kept.append(f"[... {numbers - 1} more lines of values ...]")
        numbers = 0
        kept.append(line)
    kept.pop()
    if len(kept) > _MOST_MESSAGE_LINES:
        tail = 2
        head = _MOST_MESSAGE_LINES - tail - 1
        kept = [*kept[:head], f"[... {len(kept) - head - tail} more lines ...]", *kept[-tail:]]
    return "\n".join(kept)


def is_own_file(filename: str) -> bool:
    """Return whether `filename` is kerasguard's own code, or what ran it as a module."""
    return filename in _RUNPY or Path(filename).is_relative_to(PACKAGE)


def _short_line(line: str) -> str:
    if len(line) <= _LONGEST_MESSAGE_LINE:
        return line
    half = _LONGEST_MESSAGE_LINE // 2
    return f"{line[:half]} [... {len(line) - 2 * half} more characters ...] {line[-half:]}"


def _chain(report: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """Yield `report` and all reports that it prints along."""
    waiting = [report]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += [
            other for other in (part.__cause__, part.__context__, *(part.exceptions or ())) if other is not None
        ]


def _links(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and the exceptions it is chained to or made of, each once."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__]
        if isinstance(link, BaseExceptionGroup):
            waiting += link.exceptions


def _rich_text(line: Line) -> Text:
    from rich.style import Style
    from rich.text import Text

    text = Text()
    for span in line:
        link = None if span.target is None else links.address(*span.target)
        text.append(span.text, style=Style.parse(_STYLES[span.role]) + Style(link=link))
    text.rstrip()
    return text


def write(stream: TextIO, text: str) -> None:
    """Write `text` to `stream`, with escapes for what its encoding lacks; a closed stream is nobody's error."""
    try:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except Exception:  # noqa: BLE001 - the stream may be anything that the program has put there
        return  # the reader has gone: there is nobody left to tell
