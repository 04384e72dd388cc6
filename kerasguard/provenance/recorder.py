"""Remember the user's lines that made a layer, a node or a dataset, for as long as the object lives.

Costs a walk over the stack per symbolic call and nothing after a model is built. Nothing here keeps an object alive:
entries are keyed by ``id`` and removed by a weak reference's callback.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from kerasguard.provenance.user_files import is_user_file

if TYPE_CHECKING:
    from kerasguard.vocabulary import Origin

DEEPEST = 6  # user frames kept of a stack: enough for a builder that calls a helper that calls a block
MOST = 200_000  # objects remembered at once
MOST_STACKS = 50_000

_Stack = tuple[tuple[CodeType, int], ...]


class _Record(weakref.ref[Any]):
    """A weak reference that carries what is known of its object: one small thing for each layer and node."""

    __slots__ = ("key", "stack", "turn")

    key: int
    stack: _Stack
    turn: int


class _Turns:
    """How many objects a stack has made so far; the stack is kept here once for all of them."""

    __slots__ = ("count", "stack")

    def __init__(self, stack: _Stack) -> None:
        self.stack = stack
        self.count = 0


_records: dict[int, _Record] = {}
_turns: dict[_Stack, _Turns] = {}
_is_user: dict[str, bool] = {}


def origin_of(made: Any) -> Origin | None:
    """Return where `made` (a layer, a node or a dataset) was made, or None when nobody saw it."""
    record = _records.get(id(made))
    if record is None or record() is not made:
        return None
    from kerasguard.vocabulary import Origin  # the error path may be slow to load, the guard may not

    return Origin(record.stack, record.turn)


def user_stack(frame: FrameType | None, deepest: int = DEEPEST) -> _Stack:
    """Return the user's frames from `frame` outwards, innermost first, as code and instruction."""
    found: list[tuple[CodeType, int]] = []
    while frame is not None and len(found) < deepest:
        code = frame.f_code
        name = code.co_filename
        mine = _is_user.get(name)
        if mine is None:
            mine = _is_user[name] = is_user_file(name)
        if mine:
            found.append((code, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)


def remember(made: Any, frame: FrameType | None) -> None:
    """Note that the user's code around `frame` makes `made`; the first note of an object stands."""
    key = id(made)
    known = _records.get(key)
    if (known is not None and known() is made) or len(_records) >= MOST:
        return
    stack = _outside(user_stack(frame), type(made))
    if not stack:
        return
    try:
        record = _Record(made, _forget)
    except TypeError:
        return  # an object that takes no weak reference is not worth keeping alive
    turns = _turns.get(stack)
    if turns is None:
        if len(_turns) >= MOST_STACKS:
            _turns.clear()
        turns = _turns[stack] = _Turns(stack)
    turns.count += 1
    record.key, record.stack, record.turn = key, turns.stack, turns.count
    _records[key] = record


def _outside(stack: _Stack, cls: type) -> _Stack:
    """Return the stack without the constructors of the object's own class: it is made by the line that calls them."""
    count = 0
    while count < len(stack) and stack[count][0].co_name == "__init__":
        codes = [getattr(vars(base).get("__init__"), "__code__", None) for base in cls.__mro__]
        if stack[count][0] not in codes or stack[count][0] in [code for code, _ in stack[:count]]:
            break
        count += 1
    return stack[count:]


def recording(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wrap a constructor: remember the line, then construct."""
    remember(instance, sys._getframe(1))  # noqa: SLF001 - the only way to a caller without cost
    return wrapped(*args, **kwargs)


def forget_all() -> None:
    """Drop every record."""
    _records.clear()
    _turns.clear()


def size() -> int:
    """Return how many objects are remembered."""
    return len(_records)


def _forget(record: weakref.ref[Any]) -> None:
    if isinstance(record, _Record) and _records.get(record.key) is record:  # ids are used again
        del _records[record.key]
