"""When to look for mistakes that raise nothing, and how to say them: once per compiled model and line, as warnings."""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from kerasguard.event import OpenCall, forget_names
from kerasguard.faults import contained, room
from kerasguard.guarding import boundary
from kerasguard.guarding.boundary import inside_guard

if TYPE_CHECKING:
    from kerasguard.evidence.situation import Situation
    from kerasguard.vocabulary import Diagnosis

DIAGNOSIS = "__kerasguard_diagnosis__"
MOST_PLACES = 10_000  # lines of the program that are told apart; a longer program is not looked at any further
GRADIENTS_PER_GRAPH = 4  # training of several networks by turns takes a gradient for each
CALLS_PER_LOSS = 4  # a loss object shared by several outputs is met once for each


class KerasGuardWarning(UserWarning):
    """A mistake that raises nothing; ``diagnosis`` holds what is known of it, its text begins with the code."""

    def __init__(self, message: str = "", diagnosis: Diagnosis | None = None) -> None:
        super().__init__(message)
        self.diagnosis = diagnosis
        if diagnosis is not None:
            setattr(self, DIAGNOSIS, diagnosis)  # raised by a filter it needs no other explanation


class _Seen:
    """How often an object was met, without keeping it alive."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str], list[Any]] = {}

    def first(self, thing: Any, kind: str = "", times: int = 1) -> bool:
        """Count one more meeting; return whether it is one of the first."""
        key = (id(thing), kind)
        entry = self._counts.get(key)
        if entry is not None and entry[0]() is thing:
            if entry[1] >= times:
                return False
            entry[1] += 1
            return True
        try:
            self._counts[key] = [weakref.ref(thing, lambda _: self._counts.pop(key, None)), 1]
        except TypeError:
            return False
        return True

    def forget(self, thing: Any) -> None:
        """Meet the object for the first time again."""
        for key in [key for key in self._counts if key[0] == id(thing)]:
            self._counts.pop(key, None)

    def clear(self) -> None:
        self._counts.clear()


_wishes: list[tuple[object, bool]] = []
_models, _losses, _graphs = _Seen(), _Seen(), _Seen()
_places: dict[int, tuple[CodeType, set[int]]] = {}
_said: set[tuple[str, str, int]] = set()
_broken: dict[int, tuple[weakref.ref[Any], Diagnosis]] = {}  # models that were made and cannot work
_warned: list[Diagnosis] = []


def wish(holder: object, wanted: bool) -> None:  # noqa: FBT001 - the one thing that is said
    """Let `holder` (an installation, an open guard) decide whether checks run; the latest one counts."""
    _wishes.append((holder, wanted))


def withdraw(holder: object) -> None:
    """Forget what `holder` wished, and with the last wish what was looked at already; what was said stays said."""
    for index in reversed(range(len(_wishes))):
        if _wishes[index][0] is holder:
            del _wishes[index]
            break
    if not _wishes:
        _models.clear()
        _losses.clear()
        _graphs.clear()
        _places.clear()
        _said.clear()
        _broken.clear()


def wanted() -> bool:
    """Return whether checks run."""
    return bool(_wishes) and _wishes[-1][1]


def seen() -> list[Diagnosis]:
    """Return the mistakes that were said, in the order in which they were noticed."""
    return list(_warned)


def compiled(call: OpenCall) -> None:
    """Look at a model again after it was compiled anew."""
    _models.forget(call.owner)


def finished(call: OpenCall) -> None:
    """Look at a call that went well, unless its loss was looked at on the way."""
    if wanted() and _models.first(call.owner, call.entry):
        _look(lambda: _of_call(call), call.frame)


def made(call: OpenCall) -> None:
    """Look at a functional model that was made, by a Keras that makes models whose outputs hang on other inputs."""
    if not wanted():
        return
    with contained("looking at a new model"):
        from kerasguard.adapters import connections

        given = connections.passed(call)
        wiring = None if given is None else connections.wiring_of(*given)
        if wiring is None or not wiring.loose:
            return
    _look(lambda: _of_model(call), call.frame, about=call.owner)


def known(thing: Any) -> Diagnosis | None:
    """Return why a model cannot work, where that was said when it was made."""
    entry = _broken.get(id(thing))
    return entry[1] if entry is not None and entry[0]() is thing else None


def at_loss(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wrap the call of a loss object: the first calls are looked at, when they went well."""
    result = wrapped(*args, **kwargs)
    if wanted() and not boundary.is_own() and _losses.first(instance, times=CALLS_PER_LOSS):
        call, frame = boundary.open_call(), sys._getframe(2)  # noqa: SLF001 - the line that calls the loss
        tensors = dict(zip(("y_true", "y_pred"), args, strict=False)) | kwargs
        if call is None:
            _look(lambda: _of_loss(frame, instance, tensors), frame)
        else:
            fresh = _models.first(call.owner, call.entry)
            _look(lambda: _of_call(call, instance, tensors, whole=fresh), call.frame)
    return result


def at_gradient(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wrap the work of ``GradientTape.gradient``: lines that call it, and functions that are traced, are looked at once."""
    del instance
    result = wrapped(*args, **kwargs)
    tape = sys._getframe(1)  # noqa: SLF001 - gradient() itself
    frame = tape.f_back
    if frame is None or not wanted() or boundary.is_own():
        return result
    from kerasguard.adapters import growing  # what only a tape needs is not loaded with the guard

    graph = growing.open_graph()
    if _new_place(frame) if graph is None else _graphs.first(graph, times=GRADIENTS_PER_GRAPH):
        call = boundary.open_call()
        _look(lambda: _of_tape(frame, call, graph), frame)
    return result


def _new_place(frame: FrameType) -> bool:
    known = _places.get(id(frame.f_code))
    if known is None:
        if len(_places) >= MOST_PLACES:
            return False
        known = _places[id(frame.f_code)] = (frame.f_code, set())  # kept alive: its id is the key
    if frame.f_lasti in known[1]:
        return False
    known[1].add(frame.f_lasti)
    return True


def _of_call(
    call: OpenCall, loss: Any = None, tensors: dict[str, Any] | None = None, *, whole: bool = True
) -> Situation:
    from kerasguard.evidence.situation import in_call  # the rules may be slow to load, an import may not

    return in_call(call, loss, tensors or {}, whole=whole, peeked=boundary.drawn())


def _of_loss(frame: FrameType, loss: Any, tensors: dict[str, Any]) -> Situation:
    from kerasguard.evidence.situation import at_loss_call

    return at_loss_call(frame, loss, tensors)


def _of_tape(frame: FrameType, call: OpenCall | None, graph: Any) -> Situation:
    from kerasguard.evidence.situation import at_tape

    return at_tape(frame, call, graph)


def _of_model(call: OpenCall) -> Situation:
    from kerasguard.evidence.situation import at_model

    return at_model(call)


def _look(situation: Callable[[], Situation], frame: FrameType, about: Any = None) -> None:
    """Ask the checks about a situation and say what they find; keep it with the model that it is `about`."""
    found: list[Diagnosis] = []
    names: dict[str, Any] | None = None
    try:
        with inside_guard(), room(), contained("looking for mistakes that raise nothing"):
            from kerasguard.diagnosis import engine

            now = situation()
            found, names = list(engine.noticed(now)), now.names
            now.event.stack = ()
    finally:
        forget_names(frame)
    if about is not None and found:
        key = id(about)
        _broken[key] = (weakref.ref(about, lambda _: _broken.pop(key, None)), found[0])
    for diagnosis in found:  # a filter may turn the warning into an error, which is the user's to see
        say(diagnosis, names)


def say(diagnosis: Diagnosis, names: dict[str, Any] | None) -> None:
    """Warn of a mistake at the user's line in the module with these globals, once per place."""
    from kerasguard.render import text

    place = diagnosis.crash or diagnosis.cause
    blamed = diagnosis.cause or place
    key = (diagnosis.code, blamed.filename if blamed else "", blamed.row if blamed else 0)
    if key in _said:
        return
    _said.add(key)
    _warned.append(diagnosis)
    warning = KerasGuardWarning(text.plain(diagnosis), diagnosis)
    if place is None or names is None:
        warnings.warn(warning, stacklevel=2)
        return
    registry = names.setdefault("__warningregistry__", {})
    warnings.warn_explicit(warning, KerasGuardWarning, place.filename, place.row, names.get("__name__"), registry)
