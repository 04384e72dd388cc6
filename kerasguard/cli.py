"""The command line: ``kerasguard run``, ``fix``, ``demo`` and ``explain``."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from kerasguard._version import __version__
from kerasguard.faults import tell

if TYPE_CHECKING:
    from kerasguard.commands.fixing.command import Wishes
    from kerasguard.commands.fixing.overlay import Overlay
    from kerasguard.guarding.outputs import Outputs

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default ``sys.argv[1:]``) name, and return the exit status."""
    options = _parser().parse_args(arguments)
    command: str = options.command
    if command == "run":
        from kerasguard.guarding.outputs import Outputs

        outputs = Outputs.wished(options.report, options.html, options.format, options.output)
        obstacle = outputs.obstacle()
        if obstacle is not None:
            tell(f"kerasguard: {obstacle}")
            return USAGE_ERROR
        return _run(options.script, options.arguments, outputs, options.overlay)
    if command == "fix":
        from kerasguard.commands.fixing import command as fixing
        from kerasguard.commands.fixing import rerun
        from kerasguard.render import progress

        launch = progress.during(f"kerasguard runs {options.script}", rerun.in_process)
        return fixing.fix(_wishes(options), launch)
    if command == "demo":
        from kerasguard.commands import demo

        return demo.tour()
    from kerasguard.commands import explain

    if options.all:
        return explain.write_all(options.output)
    return explain.explain(options.code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kerasguard", description="Explain the errors of Keras programs.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"kerasguard {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run", help="run a script under guard", description="Run a script under guard.", allow_abbrev=False
    )
    run.add_argument("--report", type=Path, metavar="FILE", help="also write the diagnosis to FILE, as JSON")
    run.add_argument("--html", type=Path, metavar="FILE", help="also write a page with the explanation and a drawing")
    run.add_argument(
        "--format",
        choices=("text", "github", "sarif"),
        default="text",
        help="also say it to other programs: as annotations of a GitHub workflow, or as a SARIF 2.1.0 log",
    )
    run.add_argument("--output", type=Path, metavar="FILE", help="where --format goes (default: the standard output)")
    run.add_argument("--overlay", type=Path, help=argparse.SUPPRESS)  # for the children of `fix`
    _add_script(run)
    _add_fix(commands)
    commands.add_parser("demo", help="a tour over the bundled examples", description="Run the bundled examples.")
    explain = commands.add_parser(
        "explain", help="what a code means", description="Explain a code; without one, list them all."
    )
    explain.add_argument("code", nargs="?", metavar="CODE", help="a code like KG301, or its name")
    explain.add_argument("--all", action="store_true", help="write the pages of all codes, as Markdown")
    explain.add_argument("--output", type=Path, metavar="DIR", help="with --all: the folder for them and their index")
    return parser


def _add_script(command: argparse.ArgumentParser) -> None:
    command.add_argument("script", metavar="SCRIPT", help="the Python program to run")
    command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="its arguments")


def _add_fix(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    fix = commands.add_parser(
        "fix",
        help="mend a script, and run it again, until it runs",
        description="Run a script under guard, apply the fix of its diagnosis to a copy, run again, until it runs; "
        "print the difference. The script runs several times, with all that it does (files it writes, downloads), and "
        "gets no input. Without --write no file of the program is changed. Exit status: 0 when the result runs, or 1.",
        allow_abbrev=False,
    )
    fix.add_argument("--write", action="store_true", help="change the files, when the result runs")
    fix.add_argument("--output", type=Path, metavar="FILE", help="save the mended script as FILE")
    fix.add_argument("--unsafe", action="store_true", help="allow fixes that may change what the program means")
    fix.add_argument("--rounds", type=_count, default=6, metavar="N", help="run at most N edited copies (default 6)")
    fix.add_argument(
        "--timeout",
        type=_seconds,
        metavar="S",
        help="count a program that is still training after S seconds as running",
    )
    fix.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    _add_script(fix)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError("more than 0")
    return number


def _wishes(options: argparse.Namespace) -> Wishes:
    from kerasguard.commands.fixing.command import Wishes

    return Wishes(
        options.script,
        tuple(options.arguments),
        write=options.write,
        output=options.output,
        unsafe=options.unsafe,
        rounds=options.rounds,
        seconds=options.timeout,
        as_json=options.json,
    )


def _run(script: str, arguments: Sequence[str], outputs: Outputs, plan: Path | None = None) -> int:
    """Run `script` under guard; return 0, or 1 after an uncaught error. ``SystemExit`` passes through."""
    from kerasguard import settings
    from kerasguard.commands import runner
    from kerasguard.guarding import reporting, switch

    process = os.getpid()
    error: BaseException | None = None
    overlay = _overlay(plan)
    reporting.begin(settings.resolved(report=outputs.report).report)
    switch.install(report=outputs.report)
    hook = sys.excepthook
    try:
        runner.execute(script, arguments, overlay.source(script) if overlay is not None else None)
    except SystemExit as stop:
        if overlay is not None:
            overlay.tell(stop)
        raise
    except runner.ScriptNotFound as missing:
        tell(f"kerasguard: {missing}")
        return USAGE_ERROR
    except KeyboardInterrupt:
        sys.excepthook = _print_interrupt  # Python itself has to end the program: it dies of the signal
        raise
    except BaseException as raised:  # noqa: BLE001 - whatever ends a program is shown
        error = raised
        _show(raised, hook)
        return 1
    finally:
        if os.getpid() == process:  # a child that the script forked ends here too
            outputs.write(switch.diagnose(error) if error is not None else None)
            reporting.failed(switch.diagnose(error) if error is not None else None)
            reporting.end()
            if overlay is not None and error is not None:
                overlay.tell(error)
    return 0


def _overlay(plan: Path | None) -> Overlay | None:
    """Return the edited files that `plan` holds, in effect from now on."""
    if plan is None:
        return None
    from kerasguard.commands.fixing.overlay import Overlay

    overlay = Overlay.read(plan)
    overlay.install()
    return overlay


def _show(error: BaseException, hook: object) -> None:
    """Print an uncaught error as the interpreter would, with its explanation below."""
    from kerasguard import settings
    from kerasguard.faults import contained
    from kerasguard.guarding import switch
    from kerasguard.render import terminal

    with contextlib.suppress(Exception):  # closed, missing, or a stream of the program's own that fails
        sys.stdout.flush()
    if settings.enabled():
        with contained("explaining an uncaught error"):
            switch.explain_uncaught(error)
    if sys.excepthook is hook or sys.excepthook is sys.__excepthook__:
        terminal.show_error(error, switch.diagnose(error))
    else:  # the script put up its own; the note is on the exception
        sys.excepthook(type(error), error, error.__traceback__)


def _print_interrupt(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    """Stand in for ``sys.excepthook`` to print an interrupt without kerasguard's frames."""
    from kerasguard.render import terminal

    terminal.show_error(error, None)
