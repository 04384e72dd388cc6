"""Switch the guard on and off, and wire its parts together."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from kerasguard import settings
from kerasguard.adapters import patch_points
from kerasguard.errors import add_note, fields, notes_of
from kerasguard.event import Event, replaced, stash_traceback
from kerasguard.faults import contained
from kerasguard.guarding import boundary, checks, reporting, unseen
from kerasguard.guarding.after_import import ImportWatch
from kerasguard.guarding.boundary import explain_once, guarded, outermost, peeked
from kerasguard.guarding.patches import PatchPoint, PatchSet, Wrapper
from kerasguard.provenance import recorder
from kerasguard.settings import enabled

if TYPE_CHECKING:
    from kerasguard.vocabulary import Diagnosis

DIAGNOSIS = checks.DIAGNOSIS
WATCHED = frozenset({"fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"})

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(slots=True)
class _Installation:
    """The one set of patches of this process, shared by everything that asked for it."""

    patches: PatchSet
    watch: ImportWatch


_lock = threading.RLock()
_requests = 0
_installed_by_call = False
_installation: _Installation | None = None
_CALL = object()  # holds the wish of install()


def _renew_lock() -> None:
    """Forget who held the lock when the process was forked: that thread does not exist in the child."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # there is no fork on Windows
    os.register_at_fork(after_in_child=_renew_lock)


def install(
    *,
    checks: bool | None = None,
    report: str | os.PathLike[str] | None = None,
    notes: bool | None = None,
    links: bool | str | None = None,
    progress: bool | None = None,
) -> None:
    """Guard every Keras in this process, imported already or later, until `uninstall`.

    Uncaught errors are explained below their traceback. Calling it again changes nothing. An argument that is None
    leaves the setting to its variable in the environment.

    Parameters
    ----------
    checks
        Whether to warn (`KerasGuardWarning`) of mistakes that raise nothing (``KERASGUARD_CHECKS``, else True).
    report
        Where to write the JSON report of the run (``KERASGUARD_REPORT``, else nowhere; so does an empty path).
    notes
        Whether exceptions get the explanation as a note (``KERASGUARD_NOTES``, else True).
    links
        Whether terminals get links to the source: True, False, ``"auto"``, or an address with ``{path}`` and ``{row}``
        (``KERASGUARD_LINKS``, else ``"auto"``).
    progress
        Whether a spinner is shown on a terminal while an explanation takes its time (``KERASGUARD_PROGRESS``, else
        True).
    """
    global _installed_by_call
    with _lock:
        if _installed_by_call or not enabled():
            return
        _installed_by_call = True
        _hold(_CALL, settings.resolved(checks=checks, report=report, notes=notes, links=links, progress=progress))
        from kerasguard.guarding import excepthooks

        excepthooks.install(_uncaught)


def uninstall() -> None:
    """Undo `install` completely; guards that are still open stay in force until they close."""
    global _installed_by_call
    with _lock:
        if not _installed_by_call:
            return
        _installed_by_call = False
        _let_go(_CALL)
        from kerasguard.guarding import excepthooks

        excepthooks.uninstall()
        reporting.end()


class guard:  # noqa: N801 - used like a keyword: ``with kerasguard.guard():``
    """Guard the block, or every call of the decorated function. Nestable; each use is counted.

    Parameters
    ----------
    checks, report, notes, links, progress
        As for `install`; the settings of the innermost guard count.

    Examples
    --------
    >>> with guard():
    ...     model.fit(x, y)  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        checks: bool | None = None,
        report: str | os.PathLike[str] | None = None,
        notes: bool | None = None,
        links: bool | str | None = None,
        progress: bool | None = None,
    ) -> None:
        self._settings = functools.partial(
            settings.resolved, checks=checks, report=report, notes=notes, links=links, progress=progress
        )
        self._open = 0

    def __enter__(self) -> Self:
        if enabled():
            with _lock:
                _hold(self, self._settings())
                self._open += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        del kind, traceback
        with _lock:
            if not self._open:
                return
            self._open -= 1
        try:
            if isinstance(error, Exception):
                _uncaught(error, sys._getframe())  # noqa: SLF001 - the frames around the block
        finally:
            with _lock:
                _let_go(self)

    def __call__(self, function: Function) -> Function:
        """Return `function`, guarded while it runs: a coroutine or generator from its first step to its last."""

        @functools.wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            with self._another():
                return function(*args, **kwargs)

        @functools.wraps(function)
        async def within_coroutine(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            with self._another():
                return await function(*args, **kwargs)

        @functools.wraps(function)
        def within_generator(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            with self._another():
                return (yield from function(*args, **kwargs))

        if inspect.iscoroutinefunction(function):
            return within_coroutine  # type: ignore[return-value]  # functools.wraps keeps the signature
        if inspect.isgeneratorfunction(function):
            return within_generator  # type: ignore[return-value]  # as above
        return within  # type: ignore[return-value]  # as above

    def _another(self) -> guard:
        """Return a guard with the same settings: calls of one decorated function may overlap."""
        other = guard()
        other._settings = self._settings
        return other


def diagnose(error: BaseException) -> Diagnosis | None:
    """Return what kerasguard found out about `error`, or None when it has nothing to say."""
    found = fields(error).get(DIAGNOSIS)
    if found is None and (late := boundary.put_off(error)) is not None:
        explain_once(late[0], _explain, late[1])
        found = fields(error).get(DIAGNOSIS)
    if found is None:
        return None
    from kerasguard.vocabulary import Diagnosis

    return found if isinstance(found, Diagnosis) else None


def explain_uncaught(error: BaseException, around: FrameType | None = None) -> Diagnosis | None:
    """Explain an error that passed no entry point of Keras (or return what is known of it already)."""
    about_tensors = "tensorflow" in sys.modules  # without it there is nothing to explain, and no reason to load it
    if about_tensors and isinstance(error, Exception) and diagnose(error) is None:
        explain_once(Event(error, "none"), _explain, around)
    return diagnose(error)


def _uncaught(error: BaseException, around: FrameType | None = None) -> Diagnosis | None:
    """Explain an error that leaves the guarded part of the program, and report it."""
    diagnosis = explain_uncaught(error, around)
    reporting.failed(diagnosis)
    return diagnosis


def warnings_seen() -> list[Diagnosis]:
    """Return the mistakes that raised nothing, in the order in which they were noticed."""
    return checks.seen()


def _hold(holder: object, wanted: settings.Settings) -> None:
    settings.hold(holder, wanted)
    checks.wish(holder, wanted.checks)
    reporting.begin(wanted.report)
    _acquire()


def _let_go(holder: object) -> None:
    settings.release(holder)
    checks.withdraw(holder)
    _release()


def _acquire() -> None:
    global _requests, _installation
    _requests += 1
    if _installation is None:
        patches = PatchSet()
        watch = ImportWatch(patch_points.PACKAGES, functools.partial(_patch_package, patches))
        _installation = _Installation(patches, watch)
        watch.start()


def _release() -> None:
    global _requests, _installation
    _requests -= 1
    if _requests == 0 and _installation is not None:
        _installation.watch.stop()
        _installation.patches.undo()
        with contained("taking back what TensorFlow leaves out"):
            patch_points.renew_filters()
        _installation = None
        recorder.forget_all()
        boundary.forget_places()


def _patch_package(patches: PatchSet, package: ModuleType) -> None:
    with contained(f"preparing {package.__name__}"), _lock:
        patches.apply(_wrapped(patch_points.points(package)))
        patches.apply(_wrapped(patch_points.tensorflow_points()))
        patch_points.renew_filters()


def _wrapped(points: Iterator[patch_points.Point]) -> Iterator[PatchPoint]:
    for point in points:
        enabled = _ENABLED.get(point.role)
        yield PatchPoint(point.owner, point.attribute, _body(point), enabled)


def _body(point: patch_points.Point) -> Wrapper:
    if point.role == "guard":
        return guarded(point.entry, _explain, patch_points.built_layers, _watch(point))
    return _BODIES[point.role]


def _watch(point: patch_points.Point) -> boundary.Watch | None:
    """Return what looks at a call of the point that went well."""
    if point.entry == "compile":
        return checks.compiled
    if point.entry == "functional" and patch_points.makes_cut_models(point.owner):
        return checks.made
    return checks.finished if point.entry in WATCHED else None


def _peeking(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Note the specs of the batch that a data adapter of tf_keras draws from the user's iterator."""
    del instance
    drawn = wrapped(*args, **kwargs)
    with contained("looking at the first batch"):
        from kerasguard.adapters import specs

        peeked(specs.map_leaves(drawn[0], specs.spec_of))
    return drawn


def _stashing(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Keep the complete traceback that Keras is about to filter."""
    del instance
    stash_traceback(sys.exc_info()[1], args[0] if args else None)
    return wrapped(*args, **kwargs)


def _at_loss(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Guard the loss object that a hand-written loop calls; Keras' own calls of it are guarded around it."""
    __tracebackhide__ = True
    try:
        return checks.at_loss(wrapped, instance, args, kwargs)
    except Exception as error:
        try:
            if outermost():
                boundary.failed(Event(error, "loss", instance, args, kwargs), _explain, sys._getframe())  # noqa: SLF001
        except RecursionError:
            pass  # no frame is left to say anything in
        raise


_ENABLED: dict[str, Callable[[], bool]] = {"guard": outermost, "gradient": checks.wanted}
_BODIES: dict[str, Wrapper] = {
    "record": recorder.recording,
    "stash": _stashing,
    "peek": _peeking,
    "hide": unseen.hiding,
    "left out": unseen.leaving_out,
    "renew": unseen.renewing,
    "unsupported": unseen.unconverted,
    "loss": _at_loss,
    "gradient": checks.at_gradient,
    "starting": boundary.starting,
    "started": boundary.started,
}


def _explain(event: Event) -> None:
    """Diagnose `event` and attach what was found to the user's exception, once."""
    if diagnose(event.error) is not None or patch_points.is_probe(event.entry, event.owner, event.stack):
        return
    from kerasguard.render import note, progress  # the error path may be slow, an import may not

    with progress.shown("kerasguard is looking for the cause"):
        diagnosis = _diagnosed(event)
    if diagnosis is None:
        return
    fields(event.error)[DIAGNOSIS] = diagnosis
    if not settings.current().notes or _is_said_above(event.error):
        return
    with contained("writing the note"):
        add_note(event.error, note.note(diagnosis))


def _is_said_above(error: BaseException) -> bool:
    """Return whether an exception that is printed above `error`, as its cause, bears the explanation already."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
        if link is not None and diagnose(link) is not None and notes_of(link):
            return True
    return False


def _diagnosed(event: Event) -> Diagnosis | None:
    from kerasguard.diagnosis import engine

    broken = checks.known(event.owner)
    if broken is not None:
        return engine.met_again(event, broken)
    # AutoGraph puts another exception in the place of one that was explained further down.
    earlier = next((found for link in replaced(event.error, None) if (found := diagnose(link)) is not None), None)
    return engine.diagnose(event) if earlier is None else engine.passed_on(earlier, event.error)
