"""The command line: `run` is like Python itself, `explain` and `demo` find their pages and programs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kerasguard import cli
from kerasguard.commands import demo
from kerasguard.diagnosis import engine
from kerasguard.render import pages
from tests.conftest import REPOSITORY, Python, read_report

RUN = ["-m", "kerasguard", "run"]

TELLS = """\
import sys, __main__
print(__name__, __file__, sys.argv, sys.path[0])
print(__main__.__dict__ is globals(), __spec__, __package__, type(__loader__).__name__, __doc__)
print(sorted(name for name in globals()))
value = 3
print(__main__.value)
import neighbour
"""


def write(folder: Path, name: str, text: str) -> Path:
    """Write a program."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_run_is_like_python(python: Python, tmp_path: Path) -> None:
    """A script sees the same names, arguments and module path as under Python itself."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    write(folder, "tells.py", TELLS)
    write(folder, "neighbour.py", "print('the neighbour')\n")
    arguments = ["scripts/tells.py", "--report", "x", "-h", "--", "-v"]
    plain, guarded = python(arguments), python([*RUN, *arguments])
    assert (guarded.stdout, guarded.stderr, guarded.returncode) == (plain.stdout, plain.stderr, 0)
    assert "the neighbour" in plain.stdout


@pytest.mark.parametrize(
    "program",
    [
        "pass",
        "raise SystemExit",
        "raise SystemExit(7)",
        "raise SystemExit('a message')",
        "import sys\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    sys.exit(3)",
        "import atexit\natexit.register(print, 'at exit')\nprint('first')",
        "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()",
        "import os\nos._exit(5)",
        "def f():\n    return 1 / 0\nf()",
        "x = (\n",
        "def g():\n    try:\n        {}['a']\n    except KeyError as e:\n        raise ValueError('b') from e\ng()",
        "def g():\n    try:\n        {}['a']\n    except KeyError:\n        raise ValueError('b\\nc')\ng()",
        "class E(BaseException): pass\nraise E",
        "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
        "import sys\nsys.excepthook = lambda *a: print('my own hook', a[0].__name__)\n1 / 0",
        "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))) is C)",
        "import os\nos.chdir('/')\nprint(__file__ == os.path.abspath(__file__))\n1 / 0",
    ],
)
def test_run_ends_like_python(python: Python, tmp_path: Path, program: str) -> None:
    """Exit status, output and traceback are Python's own, with no frame of kerasguard."""
    write(tmp_path, "program.py", program)
    plain, guarded = python(["program.py"]), python([*RUN, "program.py"])
    assert guarded.returncode == plain.returncode
    assert guarded.stdout == plain.stdout
    assert guarded.stderr == plain.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_an_interrupt_ends_the_program_as_under_python(python: Python, tmp_path: Path) -> None:
    """The interpreter dies of the signal, after the traceback without our frames."""
    write(
        tmp_path, "program.py", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(5)\n"
    )
    plain, guarded = python(["program.py"]), python([*RUN, "program.py"])
    assert guarded.returncode == plain.returncode == -signal.SIGINT
    assert guarded.stderr == plain.stderr


def test_run_tells_of_a_missing_script(python: Python) -> None:
    """A script that is not there costs one line and status 2."""
    done = python([*RUN, "nowhere.py"])
    assert done.returncode == 2
    assert "can't open file" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_report_is_written_whatever_happens(python: Python, tmp_path: Path) -> None:
    """Success, an error, an exit and a change of directory all leave a complete report where it was asked for."""
    for program in ("pass", "1 / 0", "raise SystemExit(4)", "import os\nos.chdir('/')"):
        write(tmp_path, "program.py", program)
        (tmp_path / "report.json").unlink(missing_ok=True)
        done = python([*RUN, "--report", "report.json", "program.py"])
        content = read_report(tmp_path / "report.json")
        assert content["schema"] == 1, done.stderr
        assert content["diagnosis"] is None
        assert content["warnings"] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_writes_no_report(python: Python, tmp_path: Path) -> None:
    """Only the process that was started writes the report."""
    program = "import os, sys\nif os.fork() == 0:\n    sys.exit(0)\nos.wait()\nprint(os.path.exists('report.json'))\n"
    write(tmp_path, "program.py", program)
    done = python([*RUN, "--report", "report.json", "program.py"])
    assert done.stdout == "False\n"
    assert (tmp_path / "report.json").exists()


def test_a_report_that_cannot_be_written_is_told_before_the_run(python: Python, tmp_path: Path) -> None:
    """Nobody trains for a night to learn that the folder is missing."""
    write(tmp_path, "program.py", "print('ran')")
    done = python([*RUN, "--report", "nowhere/report.json", "program.py"])
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere" in done.stderr


def test_the_switch_turns_everything_off(python: Python, tmp_path: Path) -> None:
    """Under KERASGUARD=0 the script runs, with nothing patched and nothing explained."""
    write(
        tmp_path, "program.py", "import sys\nprint(sys.excepthook is sys.__excepthook__, len(sys.meta_path))\n1 / 0\n"
    )
    plain = python(["program.py"])
    guarded = python([*RUN, "program.py"], environment={"KERASGUARD": "0"})
    assert (guarded.returncode, guarded.stdout, guarded.stderr) == (1, plain.stdout, plain.stderr)


def test_run_works_inside_runpy(python: Python, tmp_path: Path) -> None:
    """A host that runs the module itself gets SystemExit with the status, and its script is ``__main__`` meanwhile."""
    write(tmp_path, "program.py", "import __main__\nprint(__main__.__file__.endswith('program.py'))\n1 / 0\n")
    write(
        tmp_path,
        "host.py",
        "import runpy, sys\nsys.argv = ['kerasguard', 'run', 'program.py']\n"
        "try:\n    runpy.run_module('kerasguard', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as stop:\n    print('status', stop.code)\n"
        "import __main__\nprint(__main__.__file__.endswith('host.py'))\n",
    )
    done = python(["host.py"])
    assert done.stdout == "True\nstatus 1\nTrue\n"
    assert done.stderr.count('  File "') == 1


@pytest.mark.parametrize("legacy", ["0", "1"])
def test_run_explains_a_program_that_imports_keras_itself(python: Python, tmp_path: Path, legacy: str) -> None:
    """The guard is there before the import of Keras, and explains below Python's traceback: once, without colours."""
    write(
        tmp_path,
        "program.py",
        "import numpy as np\nimport tensorflow as tf\n"
        "inputs = tf.keras.Input((8, 8, 3))\noutputs = tf.keras.layers.Conv2D(2, 3)(inputs)\n"
        "model = tf.keras.Model(inputs, outputs)\npicture = np.zeros((8, 8, 3))\nmodel(picture)\n",
    )
    environment = {"TF_USE_LEGACY_KERAS": legacy}
    done = python([*RUN, "--report", "report.json", "program.py"], environment=environment)
    assert done.returncode == 1
    report = read_report(tmp_path / "report.json")
    found = report["diagnosis"]
    assert (found["code"], found["crash"]["row"]) == ("KG301", 7), done.stderr
    assert report["environment"]["flavour"] == ("tf_keras" if legacy == "1" else "keras3")
    assert done.stderr.count("KG301 missing-batch-axis:") == 1
    assert "Traceback (most recent call last):" in done.stderr.partition("KG301")[0]
    assert "\x1b" not in done.stderr
    assert done.stderr.endswith(f"explain {found['code']}\n") or "see also" in done.stderr.splitlines()[-1]


def test_explain_lists_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a code there is a line for each rule."""
    assert cli.main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [[rule.CODE, rule.NAME] for rule in engine.modules()]


@pytest.mark.parametrize("rule", engine.modules(), ids=lambda rule: rule.CODE)
def test_explain_prints_the_page(rule: object, capsys: pytest.CaptureFixture[str]) -> None:
    """A code in any case, or the rule's name, prints all sections of its page."""
    shown = []
    for wanted in (rule.CODE, rule.CODE.lower(), rule.NAME):  # type: ignore[attr-defined]
        assert cli.main(["explain", wanted]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] == shown[2]
    assert [found for line in shown[0].splitlines() if (found := pages.heading(line))] == list(pages.SECTIONS)


def test_explain_helps_with_an_unknown_code(capsys: pytest.CaptureFixture[str]) -> None:
    """A code that does not exist gives status 2 and names close ones."""
    known = engine.rules()[-1].CODE
    assert cli.main(["explain", f"{known}1"]) == 2
    error = capsys.readouterr().err
    assert f"no code '{known}1'" in error
    assert known in error.splitlines()[1]


def test_usage_errors_give_status_2(python: Python) -> None:
    """No command, an unknown one, or `run` without a script are usage errors."""
    for arguments in ([], ["dance"], ["run"]):
        done = python(["-m", "kerasguard", *arguments])
        assert done.returncode == 2
        assert "usage:" in done.stderr


def test_the_demo_fails_when_an_example_gives_another_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tour compares each code with the one in the example's name."""
    example = write(tmp_path, "kg301_something.py", "print('hello')\n")
    monkeypatch.setattr(demo, "examples", lambda: [example])
    monkeypatch.setattr(demo, "runner", lambda: lambda _: demo.Outcome())
    assert demo.expected_code(example) == "KG301"
    assert cli.main(["demo"]) == 1
    shown = capsys.readouterr().out
    assert "print('hello')" in shown
    assert "0 of 1 examples gave their code.\n  kg301_something.py gave no code\n" in shown


def test_an_example_can_be_observed_in_another_interpreter(tmp_path: Path) -> None:
    """Where processes cannot be forked, the demo starts an interpreter for each example."""
    outcome = demo._in_subprocess(write(tmp_path, "kg301_something.py", "print('hello')\n1 / 0\n"))
    assert outcome.error == "ZeroDivisionError: division by zero"


def test_readme_and_ci_run_the_same_tests() -> None:
    """What README promises is what the continuous integration runs."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    script = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    setup = next(line for line in readme.splitlines() if ".ci/setup" in line)
    assert [part.strip().replace(".venv", ".venv-ci") for part in setup.split("&&")][:2] == [
        line for line in script.splitlines() if "venv" in line
    ]
    assert setup.rpartition("&& ")[2] in script


def test_the_console_script_is_the_module() -> None:
    """`kerasguard --version` and `python -m kerasguard --version` are one program."""
    done = subprocess.run([sys.executable, "-m", "kerasguard", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("kerasguard 0.")
