"""Apply patch points and take every one of them back (wrapt; knows no Keras)."""

from __future__ import annotations

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


@dataclass(slots=True)
class PatchSet:
    """The patches of one installation; `active` turns bodies off that a later wrapper keeps in place."""

    active: bool = True
    _undo: list[tuple[Any, str, Any, Any]] = field(default_factory=list)

    def apply(self, points: Iterable[PatchPoint]) -> None:
        """Wrap every point; one whose attribute is missing is left out."""
        for point in points:
            before = vars(point.owner).get(point.attribute, _INHERITED)
            target = before if before is not _INHERITED else getattr(point.owner, point.attribute, None)
            if target is None or self._covers(point):
                continue
            ours = wrapt.FunctionWrapper(target, point.wrapper, enabled=self._switch(point))
            setattr(point.owner, point.attribute, ours)
            self._undo.append((point.owner, point.attribute, before, ours))

    def undo(self) -> None:
        """Restore every attribute to the very object it was, last patch first."""
        self.active = False
        while self._undo:
            owner, attribute, before, ours = self._undo.pop()
            if vars(owner).get(attribute) is not ours:
                continue  # somebody wrapped after us: stay inside their wrapper, switched off
            if before is _INHERITED:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, before)

    def _covers(self, point: PatchPoint) -> bool:
        return any(owner is point.owner and attribute == point.attribute for owner, attribute, _, _ in self._undo)

    def _switch(self, point: PatchPoint) -> Callable[[], bool]:
        enabled = point.enabled
        if enabled is None:
            return lambda: self.active
        return lambda: self.active and enabled()
