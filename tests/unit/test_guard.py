"""The guard: on, off, nested, in every order, and what it leaves of the user's exception."""

from __future__ import annotations

import copy
import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import kerasguard
from kerasguard.adapters import patch_points
from kerasguard.diagnosis import engine
from kerasguard.guarding import switch
from kerasguard.provenance import recorder


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Every test leaves Keras unpatched."""
    before = snapshot()
    yield
    assert snapshot() == before


def snapshot() -> list[tuple[Any, str, Any]]:
    """Return every attribute that the guard may patch, as its owner holds it."""
    found = []
    for name in patch_points.PACKAGES:
        package = sys.modules.get(name)
        points = [*patch_points.points(package), *patch_points.tensorflow_points()] if package is not None else []
        found += [(point.owner, point.attribute, id(vars(point.owner).get(point.attribute))) for point in points]
    return found


def small_model() -> Any:
    """Return a model that takes (None, 6, 6, 3)."""
    image = tf.keras.Input((6, 6, 3), name="image")
    return tf.keras.Model(image, tf.keras.layers.Dense(1)(tf.keras.layers.Flatten()(image)))


def failing(model: Any, data: Any) -> BaseException:
    """Return the error that a call of the model raises."""
    try:
        model(data)
    except Exception as error:  # noqa: BLE001 - type and text are Keras' own
        return error
    pytest.fail("the call was accepted")


def test_uninstall_restores_the_very_objects() -> None:
    """Every patched attribute is the very object it was after uninstall, inherited ones are deleted."""
    before = snapshot()
    kerasguard.install()
    assert snapshot() != before
    kerasguard.uninstall()
    assert snapshot() == before


def test_nested_guards_in_any_order() -> None:
    """Guards that close in another order than they opened restore everything when the last one closes."""
    before = snapshot()
    first, second = kerasguard.guard(), kerasguard.guard()
    first.__enter__()
    kerasguard.install()
    second.__enter__()
    first.__exit__(None, None, None)
    assert snapshot() != before
    kerasguard.uninstall()
    assert snapshot() != before
    second.__exit__(None, None, None)
    assert snapshot() == before


def test_install_twice_counts_once() -> None:
    """A second install changes nothing: one uninstall undoes it."""
    kerasguard.install()
    kerasguard.install()
    kerasguard.uninstall()
    assert switch._installation is None


def test_exception_is_the_users_own() -> None:
    """Object, type, args and text of the exception are Keras' own; the explanation comes as one note."""
    model, data = small_model(), np.zeros((6, 6, 3), "float32")
    plain = failing(model, data)
    with kerasguard.guard():
        guarded = failing(model, data)
    assert type(guarded) is type(plain)
    assert guarded.args == plain.args
    assert str(guarded) == str(plain)
    assert len(guarded.__notes__) == 1
    diagnosis = kerasguard.diagnose(guarded)
    assert diagnosis is not None
    assert diagnosis.code == "KG301"
    assert diagnosis.fixes[0].status == "verified"
    assert kerasguard.diagnose(plain) is None


def test_decorator_guards_while_it_runs() -> None:
    """As a decorator the guard is on during the call, and off after it."""

    @kerasguard.guard()
    def predict(model: Any) -> None:
        model(np.zeros((6, 6, 3), "float32"))

    with pytest.raises(ValueError, match="image") as caught:
        predict(small_model())
    assert kerasguard.diagnose(caught.value) is not None


def test_switched_off_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """KERASGUARD=0 turns install and guard into nothing."""
    monkeypatch.setenv("KERASGUARD", "0")
    before = snapshot()
    kerasguard.install()
    with kerasguard.guard():
        assert snapshot() == before
        error = failing(small_model(), np.zeros((6, 6, 3), "float32"))
    kerasguard.uninstall()
    assert kerasguard.diagnose(error) is None


def test_a_wrapper_put_on_after_ours_survives() -> None:
    """What wrapped a patched method after us stays in place on uninstall, with our body switched off inside it."""
    layer = tf.keras.layers.Layer
    original = vars(layer)["__call__"]
    kerasguard.install()
    ours = vars(layer)["__call__"]
    calls: list[int] = []

    def later(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return ours(self, *args, **kwargs)

    layer.__call__ = later
    kerasguard.uninstall()
    try:
        assert vars(layer)["__call__"] is later
        error = failing(small_model(), np.zeros((6, 6, 3), "float32"))
        assert calls
        assert kerasguard.diagnose(error) is None
    finally:
        layer.__call__ = original


def test_foreign_errors_pass_untouched() -> None:
    """A typo, a user's own exception and an interrupt get no note."""

    class OwnError(Exception):
        pass

    class Odd(tf.keras.layers.Layer):
        def call(self, x: Any) -> Any:
            raise OwnError(x.shape)

    for wrong in (
        lambda: undefined_name,  # type: ignore[name-defined]  # noqa: F821 - the mistake under test
        lambda: Odd()(np.zeros((2, 3))),
        lambda: (_ for _ in ()).throw(KeyboardInterrupt),
        lambda: int("seven"),
    ):
        with pytest.raises(BaseException) as caught, kerasguard.guard():  # noqa: PT011 - four kinds of error
            wrong()
        assert not getattr(caught.value, "__notes__", [])


def test_nothing_is_kept_after_a_handled_error() -> None:
    """After the error is gone, the data, the model and every frame are free."""

    class Data(np.ndarray):
        pass

    with kerasguard.guard():
        model = small_model()
        data = np.zeros((6, 6, 3), "float32").view(Data)
        alive = [weakref.ref(model), weakref.ref(data)]
        error = failing(model, data)
        assert kerasguard.diagnose(error) is not None
        del error, model, data
        gc.collect()
        assert [ref() is None for ref in alive] == [True, True]


def test_records_die_with_the_model() -> None:
    """Lines recorded while a model was built are forgotten with it."""
    with kerasguard.guard():
        gc.collect()
        before = recorder.size()
        model = small_model()
        assert recorder.size() > before
        del model
        tf.keras.backend.clear_session()
        gc.collect()
        assert recorder.size() <= before


@pytest.mark.parametrize("part", ["rule", "evidence", "walk", "trial", "note"])
def test_a_fault_of_our_own_costs_one_line(
    part: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault in a rule, the tracer, a trial or the renderer leaves the user's exception as it is, with one line."""
    from kerasguard.diagnosis import tracing
    from kerasguard.evidence import reading
    from kerasguard.render import note

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError(part)

    monkeypatch.setattr(
        *{
            "rule": (engine.rules()[1], "matches", broken),
            "evidence": (reading.specs, "leaves", broken),
            "walk": (tracing, "chain", broken),
            "trial": (engine, "try_call", broken),
            "note": (note, "note", broken),
        }[part]
    )
    model, data = small_model(), np.zeros((6, 6, 3), "float32")
    plain = failing(model, data)
    monkeypatch.delenv("KERASGUARD_RAISE")
    with kerasguard.guard():
        error = failing(model, data)
    assert type(error) is type(plain)
    assert str(error) == str(plain)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("kerasguard")]
    assert lines
    assert all("ZeroDivisionError" in line and "report" in line for line in lines)
    monkeypatch.setenv("KERASGUARD_RAISE", "1")
    with pytest.raises(ZeroDivisionError), kerasguard.guard():
        model(data)


def test_threads_install_and_uninstall_at_once() -> None:
    """Guards opened and closed by many threads at once leave nothing behind."""

    def work() -> None:
        for _ in range(20):
            with kerasguard.guard():
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert switch._installation is None


def test_hooks_are_chained_and_restored() -> None:
    """The hook that was set before install is called by ours, and is back after uninstall."""
    seen: list[BaseException] = []
    before = sys.excepthook

    def mine(_kind: type[BaseException], error: BaseException, _traceback: object) -> None:
        seen.append(error)

    sys.excepthook = mine
    try:
        kerasguard.install()
        assert sys.excepthook is not mine
        error = failing(small_model(), np.zeros((6, 6, 3), "float32"))
        sys.excepthook(type(error), error, error.__traceback__)
        assert seen == [error]
        kerasguard.uninstall()
        assert sys.excepthook is mine
    finally:
        sys.excepthook = before


def test_diagnosed_exceptions_can_be_copied() -> None:
    """A diagnosed exception can still be copied."""
    with kerasguard.guard():
        error = failing(small_model(), np.zeros((6, 6, 3), "float32"))
    assert str(copy.copy(error)) == str(error)
