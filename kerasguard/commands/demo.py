"""``kerasguard demo``: run every bundled example in a child, and show its source, its error and the explanation."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kerasguard.render import sanitise, terminal
from kerasguard.vocabulary import Diagnosis

_TIME_LIMIT_S = 300
_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What running an example came to.

    Attributes
    ----------
    error
        The last line of the uncaught error, or an empty text.
    diagnoses
        The diagnosis of the error, or the mistakes that raised nothing.
    """

    error: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the diagnoses."""
        return tuple(diagnosis.code for diagnosis in self.diagnoses)


def examples() -> list[Path]:
    """Return the example programs: those that came with the installed package, or those of the repository."""
    for folder in (_PACKAGE / "_examples", _PACKAGE.parent / "examples"):
        found = sorted(folder.glob("kg[0-9][0-9][0-9]_*.py"))
        if found:
            return found
    return []


@contextlib.contextmanager
def workshop() -> Iterator[list[Path]]:
    """Copy the examples to a folder of their own and work there: as part of a package they would be no user's code."""
    with tempfile.TemporaryDirectory(prefix="kerasguard-") as name:
        folder = Path(name).resolve()
        copies = [Path(shutil.copy(example, folder)) for example in examples()]
        with contextlib.chdir(folder):
            yield copies


def expected_code(example: Path) -> str:
    """Return the code that the name of an example promises: ``kg301_missing_batch_axis.py`` gives KG301."""
    return example.name.partition("_")[0].upper()


def missing_packages(example: Path) -> list[str]:
    """Return the packages that an example imports and that are not installed (``tf_keras`` is an extra)."""
    tree = ast.parse(example.read_text(encoding="utf-8"))
    names = {item.name for node in ast.walk(tree) if isinstance(node, ast.Import) for item in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return sorted(name for name in {full.partition(".")[0] for full in names} if importlib.util.find_spec(name) is None)


def tour() -> int:
    """Show every example; return 0 when each gave exactly its code."""
    missed: list[str] = []
    with workshop() as found:
        if not found:
            print("kerasguard: no examples were found.", file=sys.stderr)
            return 1
        run = runner()
        shown = 0
        for example in found:
            lacking = missing_packages(example)
            if lacking:
                print(f"=== {example.name} needs {', '.join(lacking)}, not installed here: left out\n")
                continue
            shown += 1
            outcome = run(example)
            _show(example, outcome)
            if outcome.codes != (expected_code(example),):
                missed.append(f"{example.name} gave {', '.join(outcome.codes) or 'no code'}")
    print(f"{shown - len(missed)} of {shown} examples gave their code.", *missed, sep="\n  ")
    return 1 if missed else 0


def runner() -> Callable[[Path], Outcome]:
    """Return what runs an example in a child: forked after one import of TensorFlow where that is possible."""
    if not hasattr(os, "fork"):
        return _in_subprocess
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # By name: the examples need it, kerasguard does not. tf.keras is loaded by the first look at it.
    importlib.import_module("tensorflow").keras.Model  # noqa: B018
    return _in_fork


def observe(example: Path) -> Outcome:
    """Run `example` under guard in this process, and return what came of it."""
    from kerasguard.commands import runner
    from kerasguard.guarding import switch

    switch.install()
    try:
        runner.execute(str(example), [])
    except Exception as error:  # noqa: BLE001 - whatever an example ends with is its outcome
        switch.explain_uncaught(error)
        diagnosis = switch.diagnose(error)
        last = "".join(traceback.format_exception_only(type(error), error)).strip().partition("\n")[0]
        return Outcome(last, () if diagnosis is None else (diagnosis,))
    return Outcome("", tuple(switch.warnings_seen()))


def _show(example: Path, outcome: Outcome) -> None:
    print(f"=== {example.name} {'=' * max(0, 90 - len(example.name))}\n")
    print(example.read_text(encoding="utf-8").strip())
    print("\n---\n")
    if outcome.error:
        print(sanitise.cut(sanitise.one_line(outcome.error), 200), end="\n\n")
    for diagnosis in outcome.diagnoses:
        terminal.show(diagnosis, sys.stdout)
    print()


def _in_fork(example: Path) -> Outcome:
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "outcome"
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with contextlib.ExitStack() as silence:
                    _silence(silence)
                    result.write_bytes(pickle.dumps(observe(example)))
                status = 0
            finally:
                os._exit(status)  # nothing of the parent may run a second time
        os.waitpid(child, 0)
        return _read(result)


def _in_subprocess(example: Path) -> Outcome:
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "outcome"
        command = [sys.executable, "-m", "kerasguard.commands.demo", str(example), str(result)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        subprocess.run(  # noqa: S603 - our own module
            command, env=environment, capture_output=True, timeout=_TIME_LIMIT_S, check=False
        )
        return _read(result)


def _read(result: Path) -> Outcome:
    if not result.exists():
        return Outcome("the example's process died")
    outcome = pickle.loads(result.read_bytes())  # noqa: S301 - written by our own child
    if not isinstance(outcome, Outcome):
        message = f"a child wrote {type(outcome).__name__}"
        raise TypeError(message)
    return outcome


def _silence(stack: contextlib.ExitStack) -> None:
    """Send what the example prints nowhere, whoever prints it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    stack.callback(os.close, nowhere)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


if __name__ == "__main__":
    from kerasguard.commands import demo  # noqa: PLW0406 - the module under its own name, see below

    # As kerasguard.commands.demo, not __main__: the parent has to find the class by its name when it unpickles.
    Path(sys.argv[2]).write_bytes(pickle.dumps(demo.observe(Path(sys.argv[1]))))
