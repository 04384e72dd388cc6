"""Who else shows uncaught errors: hooks of the program, rich, logging and faulthandler, set before or after install."""

from __future__ import annotations

import faulthandler
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rich.console
import rich.traceback
import tensorflow as tf

import kerasguard
from tests.company.models import ONE_SAMPLE, picture_model, refused

SENTENCE = "KG301 missing-batch-axis"


@pytest.fixture(autouse=True)
def own_hook() -> Iterator[None]:
    """Begin with Python's hook, and give back the one of the test session."""
    before, sys.excepthook = sys.excepthook, sys.__excepthook__
    yield
    sys.excepthook = before


@pytest.fixture(scope="module")
def uncaught() -> BaseException:
    """Return an error that no entry point has explained: only a hook can do that."""
    left = tf.zeros((2, 3))
    try:
        tf.matmul(left, left)
    except tf.errors.InvalidArgumentError as error:
        return error
    pytest.fail("the product was computed")


def end_by(error: BaseException) -> None:
    """Do what Python does at the end of a program that died of `error`."""
    sys.excepthook(type(error), error, error.__traceback__)


class Hook:
    """A hook of the program's own that goes on to the one that was there."""

    def __init__(self) -> None:
        self.seen: list[BaseException] = []
        self.before: Callable[..., Any] = sys.excepthook
        sys.excepthook = self

    def __call__(self, kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        """Note the error and hand it on."""
        self.seen.append(error)
        self.before(kind, error, traceback)


def fresh(keras: Any = tf.keras) -> BaseException:
    """Return an error that is explained already."""
    with kerasguard.guard():
        return refused(picture_model(keras))


def test_a_hook_before_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """It is called with the explained error, prints it in its own way, and is back after uninstall."""
    hook = Hook()
    kerasguard.install()
    assert sys.excepthook is not hook
    end_by(fresh())
    assert len(hook.seen) == 1
    assert capsys.readouterr().err.count(SENTENCE) == 1
    kerasguard.uninstall()
    assert sys.excepthook is hook


def test_a_hook_after_ours(capsys: pytest.CaptureFixture[str], uncaught: BaseException) -> None:
    """It stays when we go; what it still calls of ours says nothing any more."""
    kerasguard.install()
    hook = Hook()
    end_by(fresh())
    assert capsys.readouterr().err.count(SENTENCE) == 1
    kerasguard.uninstall()
    assert sys.excepthook is hook
    end_by(uncaught)
    printed = capsys.readouterr().err
    assert printed.count("Traceback (most recent call last)") == 1
    assert "kerasguard" not in printed
    assert len(hook.seen) == 2
    assert kerasguard.diagnose(uncaught) is None
    sys.excepthook = hook.before  # it was ours: as silent as before
    end_by(uncaught)
    assert "kerasguard" not in capsys.readouterr().err
    kerasguard.install()
    end_by(fresh())
    kerasguard.uninstall()
    assert capsys.readouterr().err.count(SENTENCE) == 1
    assert sys.excepthook is sys.__excepthook__


def test_installed_between_two_hooks(capsys: pytest.CaptureFixture[str]) -> None:
    """Installed twice, with a hook of the program between: the explanation is printed once."""
    kerasguard.install()
    Hook()
    kerasguard.uninstall()
    kerasguard.install()
    end_by(fresh())
    kerasguard.uninstall()
    assert capsys.readouterr().err.count(SENTENCE) == 1


@pytest.mark.parametrize("order", ["rich first", "rich last"])
def test_tracebacks_of_rich(order: str) -> None:
    """Rich shows the traceback and the explanation in its own frames, installed before us or after us; it stays."""
    console = rich.console.Console(file=io.StringIO(), width=120, force_terminal=False)
    if order == "rich first":
        rich.traceback.install(console=console)
        kerasguard.install()
    else:
        kerasguard.install()
        rich.traceback.install(console=console)
    hook = sys.excepthook
    end_by(fresh())
    printed = console.file.getvalue()
    assert printed.count(SENTENCE) == 1
    assert "Traceback (most recent call last)" in printed
    kerasguard.uninstall()
    assert (sys.excepthook is hook) == (order == "rich last")
    assert sys.excepthook.__module__ == "rich.traceback"


def test_faulthandler() -> None:
    """The handler of crashes stays on, and shows the threads while a guarded call runs."""
    was_on = faulthandler.is_enabled()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:

        class Dumping(tf.keras.layers.Layer):
            def call(self, x: Any) -> Any:
                faulthandler.dump_traceback(file)
                return x

        with kerasguard.guard():
            Dumping()(tf.zeros((1, 2)))
        file.seek(0)
        assert "in call" in file.read()
    assert faulthandler.is_enabled() == was_on


def test_interrupts_are_nobodys_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C and exits inside a guarded call come out as they are."""

    class Interrupted(tf.keras.layers.Layer):
        def call(self, x: Any) -> Any:  # noqa: ARG002 - the name of Keras
            raise self.error

    layer = Interrupted()
    kerasguard.install()
    for error in (KeyboardInterrupt(), SystemExit(3)):
        layer.error = error
        with pytest.raises(type(error)) as caught:
            layer(ONE_SAMPLE)
        assert caught.value is error
        assert not hasattr(error, "__notes__")
    end_by(KeyboardInterrupt())
    kerasguard.uninstall()
    assert capsys.readouterr().err.strip() == "KeyboardInterrupt"
