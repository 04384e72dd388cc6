"""Apply patch points and take every one of them back (wrapt; knows no Keras)."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import wrapt

Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]
_INHERITED = object()


@dataclass(frozen=True, slots=True)
class PatchPoint:
    """An attribute of a class or module, and the body that wraps it.

    While ``enabled`` says no, the call goes through without a Python frame of ours: frameworks that print their
    stacks into messages must not find one.
    """

    owner: Any
    attribute: str
    wrapper: Wrapper
    enabled: Callable[[], bool] | None = None


class _Method(wrapt.BoundFunctionWrapper):  # type: ignore[type-arg]  # not generic at run time
    """A wrapped method that was looked up: prints, copies and pickles as the method does."""

    def __new__(cls, *given: Any) -> Any:
        if len(given) == 2:  # weakref.WeakMethod puts a method together again, from its parts
            function, instance = given
            return types.MethodType(getattr(type(instance), function.__name__, function), instance)
        return super().__new__(cls)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self._self_instance is None:
            return self
        import copy

        return getattr(copy.deepcopy(self._self_instance, memo), self.__name__)

    def __reduce_ex__(self, protocol: Any) -> Any:
        holder = self._self_owner if self._self_instance is None else self._self_instance
        return getattr, (holder, self.__name__)


class _Wrapped(wrapt.FunctionWrapper):  # type: ignore[type-arg]  # not generic at run time
    """What stands in the place of a function; `_self_patch` leads back to what stood there."""

    __bound_function_wrapper__ = _Method

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__qualname__  # as a function: by its name


@dataclass(slots=True, eq=False)
class _Patch:
    """One attribute that was wrapped, and what its owner held before."""

    point: PatchPoint
    before: Any
    active: bool = True
    ours: Any = None

    def put_on(self, target: Any) -> None:
        """Wrap `target` and put it in its place."""
        self.ours = _Wrapped(target, self.point.wrapper, enabled=self._switch())
        self.ours._self_patch = self  # noqa: SLF001 - wrapt keeps attributes that begin so on the wrapper itself
        setattr(self.point.owner, self.point.attribute, self.ours)

    def take_off(self) -> None:
        """Restore the attribute to the very object it was, unless somebody wrapped after us."""
        owner, attribute = self.point.owner, self.point.attribute
        if patch_of(vars(owner).get(attribute)) is not self:
            return  # we stay inside of their wrapper, switched off
        if self.before is _INHERITED:
            delattr(owner, attribute)
        else:
            setattr(owner, attribute, self.before)

    def _switch(self) -> Callable[[], bool]:
        enabled = self.point.enabled

        def on() -> bool:
            if self.active:
                return enabled is None or enabled()
            self.take_off()  # who had wrapped after us has put us back since
            return False

        return on


def patch_of(thing: Any) -> _Patch | None:
    """Return the patch that put `thing` into its place, None for what is not ours.

    Looking up a method of a class gives a bound wrapper; who saves that and puts it back has put ours back.
    """
    kind = type(thing)  # a wrapper of somebody else's passes for what it wraps in every other way
    if kind is _Method:
        thing = thing._self_parent  # noqa: SLF001 - how wrapt names it
    patch: _Patch | None = thing._self_patch if type(thing) is _Wrapped else None  # noqa: SLF001 - as above
    return patch


def is_ours(thing: Any) -> bool:
    """Return whether `thing` is a function or method as we wrap it."""
    return type(thing) in {_Wrapped, _Method}


@dataclass(slots=True)
class PatchSet:
    """The patches of one installation; those that a later wrapper keeps in place are switched off at the end."""

    _patches: list[_Patch] = field(default_factory=list)

    def apply(self, points: Iterable[PatchPoint]) -> None:
        """Wrap every point; one whose attribute is missing is left out."""
        for point in points:
            while (left := patch_of(vars(point.owner).get(point.attribute))) is not None and not left.active:
                left.take_off()
            before = vars(point.owner).get(point.attribute, _INHERITED)
            target = before if before is not _INHERITED else getattr(point.owner, point.attribute, None)
            if target is None or self._covers(point):
                continue
            patch = _Patch(point, before)
            self._patches.append(patch)
            patch.put_on(target)

    def undo(self) -> None:
        """Take every patch off, the last one first."""
        for patch in self._patches:
            patch.active = False
        while self._patches:
            self._patches.pop().take_off()

    def _covers(self, point: PatchPoint) -> bool:
        return any(
            patch.point.owner is point.owner and patch.point.attribute == point.attribute for patch in self._patches
        )
