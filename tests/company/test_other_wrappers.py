"""Others who wrap the same methods, before us and after us, and take their wrappers off in any order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
import wrapt

import kerasguard
from kerasguard.guarding import patches
from tests.company.models import GOOD, code, picture_model, refused

Count = list[str]


class Wrapt:
    """Another user of wrapt, who puts the attribute of the class back."""

    def __init__(self, layer: type, calls: Count) -> None:
        self._layer, self._calls = layer, calls

    def on(self) -> None:
        """Wrap."""

        def body(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
            del instance
            self._calls.append("wrapt")
            return wrapped(*args, **kwargs)

        self._before = vars(self._layer)["__call__"]
        wrapt.wrap_function_wrapper(self._layer, "__call__", body)

    def off(self) -> None:
        """Unwrap."""
        self._layer.__call__ = self._before  # type: ignore[operator]


class Tracer:
    """A tracing library: it saves what looking the method up gives, and puts that back."""

    def __init__(self, layer: Any, calls: Count) -> None:
        self._layer, self._calls = layer, calls

    def on(self) -> None:
        """Wrap."""
        before = self._before = self._layer.__call__
        calls = self._calls

        def traced(layer: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append("tracer")
            return before(layer, *args, **kwargs)

        self._layer.__call__ = traced

    def off(self) -> None:
        """Unwrap."""
        self._layer.__call__ = self._before


class Mock:
    """`unittest.mock.patch` of the same attribute, with a function that calls the method."""

    def __init__(self, layer: Any, calls: Count) -> None:
        self._layer, self._calls = layer, calls

    def on(self) -> None:
        """Wrap."""
        before = self._layer.__call__
        calls = self._calls

        def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
            calls.append("mock")
            return before(layer, *args, **kwargs)

        self._patch = mock.patch.object(self._layer, "__call__", called)
        self._patch.start()

    def off(self) -> None:
        """Unwrap."""
        self._patch.stop()


class Ours:
    """The guard, in the same words."""

    def on(self) -> None:
        """Guard."""
        kerasguard.install()

    def off(self) -> None:
        """Stop guarding."""
        kerasguard.uninstall()


def orders() -> Iterator[tuple[str, ...]]:
    """Yield every order in which two parties can go on and off, each first on and then off."""
    for order in itertools.permutations(("us on", "us off", "them on", "them off")):
        if order.index("us on") < order.index("us off") and order.index("them on") < order.index("them off"):
            yield order


@pytest.mark.parametrize("order", list(orders()), ids=" ".join)
@pytest.mark.parametrize("kind", [Wrapt, Tracer, Mock])
def test_any_order(keras: Any, kind: Callable[..., Any], order: tuple[str, ...]) -> None:
    """At each step they are called while they are on, the guard explains while it is on, and the error is Keras' own."""
    original = vars(keras.layers.Layer)["__call__"]
    model = picture_model(keras)
    plain = refused(model)
    calls: Count = []
    parties = {"us": Ours(), "them": kind(keras.layers.Layer, calls)}
    is_on = dict.fromkeys(parties, False)
    covered = False  # who puts back what was there before us takes the guard off that method
    try:
        for step in order:
            who, what = step.split()
            getattr(parties[who], what)()
            is_on[who] = what == "on"
            covered = (covered and step != "us on") or (step == "them off" and order[0] == "them on")
            calls.clear()
            error = refused(model)
            assert (type(error), str(error)) == (type(plain), str(plain))
            assert bool(calls) == is_on["them"]
            if not is_on["us"]:
                assert code(error) is None
                assert not hasattr(error, "__notes__")
            elif not covered:
                assert code(error) == "KG301"
                assert len(error.__notes__) == 1
            assert model(GOOD).shape == (2, 1)
        assert vars(keras.layers.Layer)["__call__"] is original
    finally:
        keras.layers.Layer.__call__ = original


def test_installed_again_over_what_was_put_back(keras: Any) -> None:
    """A wrapper of ours that somebody put back after uninstall is not wrapped a second time."""
    original = vars(keras.layers.Layer)["__call__"]
    for _ in range(3):
        kerasguard.install()
        saved = keras.layers.Layer.__call__
        keras.layers.Layer.__call__ = lambda *args, _saved=saved, **kwargs: _saved(*args, **kwargs)
        kerasguard.uninstall()
        keras.layers.Layer.__call__ = saved
    assert vars(keras.layers.Layer)["__call__"] is not original
    with kerasguard.guard():
        assert patches.patch_of(vars(keras.layers.Layer)["__call__"]).before is original
        assert code(refused(picture_model(keras))) == "KG301"
    assert vars(keras.layers.Layer)["__call__"] is original


@pytest.mark.parametrize("stand_in", [mock.Mock, mock.MagicMock, lambda: staticmethod(mock.Mock(return_value=7))])
def test_a_stand_in_is_guarded_as_it_is(keras: Any, stand_in: Callable[[], Any]) -> None:
    """A mock in the place of a method gets the same arguments, and its error comes out unchanged."""
    model = picture_model(keras)
    replacement = stand_in()
    with mock.patch.object(keras.Model, "fit", replacement):
        before = model.fit(GOOD, epochs=3)
        with kerasguard.guard():
            after = model.fit(GOOD, epochs=3)
        assert vars(keras.Model)["fit"] is replacement
    called = getattr(replacement, "__func__", replacement)
    assert after is before
    assert called.call_args_list[0] == called.call_args_list[1]
    called.side_effect = LookupError("none of Keras' business")
    replaced = mock.patch.object(keras.Model, "fit", replacement)
    with replaced, kerasguard.guard(), pytest.raises(LookupError) as caught:
        model.fit(GOOD)
    assert code(caught.value) is None


def test_a_mock_with_a_specification(keras: Any) -> None:
    """`autospec` sees the signatures of the methods and not those of wrappers."""
    with kerasguard.guard():
        model = mock.create_autospec(keras.Model, instance=True)
        model.fit(GOOD, epochs=1)
        with pytest.raises(TypeError):
            model.fit(GOOD, epoch=1)
        with mock.patch.object(keras.Model, "predict", autospec=True) as predict:
            picture_model(keras).predict(GOOD, verbose=0)
    assert predict.call_args.kwargs == {"verbose": 0}
