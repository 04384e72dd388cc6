"""Releases that nobody has seen yet: what is missing takes with it what needs it, and nothing else."""

from __future__ import annotations

import builtins
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

import kerasguard
from kerasguard import releases
from kerasguard.adapters import kits, patch_points
from kerasguard.guarding.patches import PatchPoint, PatchSet
from kerasguard.render import report
from tests.conftest import validate_report


def roles(package: Any) -> set[tuple[str, str]]:
    """Return role and entry of the points of a package."""
    return {(point.role, point.entry) for point in patch_points.points(package)}


@pytest.mark.parametrize("missing", ["Sequential", "layers"])
def test_a_package_without_a_part_gives_the_other_points(missing: str) -> None:
    """Without Sequential, its points alone are missing; without a Layer, there is nothing to guard."""
    lacking = ModuleType("keras")
    vars(lacking).update({name: value for name, value in vars(keras).items() if name != missing})
    lost = roles(keras) - roles(lacking)
    assert lost == ({("guard", "sequential"), ("guard", "add")} if missing == "Sequential" else roles(keras))


def test_a_missing_attribute_is_left_out() -> None:
    """The points before and after one that does not exist are wrapped."""
    owner = SimpleNamespace(first=lambda: "first", last=lambda: "last")

    def body(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        del instance
        return wrapped(*args, **kwargs) + " guarded"

    patches = PatchSet()
    patches.apply(PatchPoint(owner, name, body) for name in ("first", "middle", "last"))
    try:
        assert (owner.first(), owner.last()) == ("first guarded", "last guarded")
        assert not hasattr(owner, "middle")
    finally:
        patches.undo()


@pytest.fixture
def without_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the module with the private API of Keras 3 fail to load."""
    real = builtins.__import__

    def refuse(name: str, globals: Any = None, *rest: Any) -> Any:  # noqa: A002 - as __import__ calls it
        if name.startswith("keras.src.trainers") and (globals or {}).get("__name__", "").startswith("kerasguard"):
            raise ImportError(name)
        return real(name, globals, *rest)

    monkeypatch.delitem(sys.modules, "kerasguard.adapters.trial_keras3", raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)
    kits.kit_of.cache_clear()
    yield
    kits.kit_of.cache_clear()


@pytest.mark.usefixtures("without_trials")
def test_without_a_trial_the_mistake_is_explained_and_nothing_is_called_tried() -> None:
    """The rule, the shapes and the fix stay; only the word verified goes."""
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    picture = np.zeros((4, 4, 3), "float32")
    with pytest.raises(Exception) as caught, kerasguard.guard():  # noqa: PT011 - its type is Keras' business
        model.predict(picture, verbose=0)
    diagnosis = kerasguard.diagnose(caught.value)
    assert diagnosis is not None
    assert diagnosis.code == "KG301"
    assert diagnosis.fixes
    assert {fix.status for fix in diagnosis.fixes} == {"unverified"}


def test_a_newer_keras_is_said_once_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report keeps its contract and adds one sentence."""
    monkeypatch.setattr(keras, "__version__", "3.99.0")
    content = report.report(None)
    validate_report(content)
    assert "3.15" in content["environment"]["note"]
    assert content["environment"]["keras"] == "3.99.0"


@pytest.mark.parametrize("version", ["3.0.5", "3.15.1", "2.16.0", "nonsense", None])
def test_releases_that_were_tested_get_no_note(version: str | None) -> None:
    """Nothing is said of what is known, or of what has no number."""
    assert releases.note_on("keras3", version) is None
