"""Objects that notice who touches them, and answer in the worst way."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import kerasguard

OWN = str(Path(kerasguard.__file__).parent)
METHODS = tuple(
    f"__{name}__"
    for name in (
        "len", "iter", "bool", "eq", "hash", "repr", "str", "getitem", "array", "contains", "call", "int", "index",
        "float", "format", "getattr", "next", "lt", "add", "radd", "matmul", "array_ufunc",
    )
)  # fmt: skip
FIELDS = (
    "shape", "dtype", "element_spec", "ndim", "name", "_keras_history", "values", "T", "numpy", "input_spec", "built",
    "layers", "config", "fn",
)  # fmt: skip


class Odd(BaseException):
    """What no library expects."""


class Log:
    """Which of their methods ran while kerasguard was at work, and below which of its lines."""

    def __init__(self) -> None:
        self.touched: Counter[str] = Counter()

    def note(self, what: str) -> None:
        """Count a touch, when the innermost code of kerasguard's on the stack is not just waiting for the program."""
        frame: Any = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(OWN):
                if frame.f_code.co_name not in {"body", "recording", "at_loss", "at_gradient", "_peeking", "_stashing"}:
                    place = Path(frame.f_code.co_filename).relative_to(OWN)
                    self.touched[f"{what} in {place}:{frame.f_lineno}"] += 1
                return
            frame = frame.f_back


def spy(log: Log, mood: str, *, deep: bool = False, base: type = object) -> Any:
    """Return an instance of a class that logs.

    Parameters
    ----------
    mood
        ``lie``: wrong answers. ``fail``: an exception. ``odd``: one that is no `Exception`. ``hang``: five seconds.
    deep
        Whether every look at an attribute is logged, the one for its class included.
    """

    def answer(name: str) -> Any:
        log.note(name)
        if mood == "fail":
            raise ZeroDivisionError(name)
        if mood == "odd":
            raise Odd(name)
        if mood == "hang":
            time.sleep(5)
        lies: dict[str, Any] = {
            "__len__": 3, "__bool__": True, "__eq__": False, "__hash__": 1, "__repr__": "spy", "__str__": "spy",
            "__format__": "spy", "__contains__": False, "__int__": 2, "__index__": 2, "__float__": 2.0,
            "shape": "lie", "ndim": "two", "built": "maybe",
        }  # fmt: skip
        if name in lies:
            return lies[name]
        raise {"__getitem__": IndexError, "__next__": StopIteration}.get(name, AttributeError)(name)

    def method(name: str) -> Any:
        return lambda self, *args, **kwargs: answer(name)  # noqa: ARG005 - any signature

    members: dict[str, Any] = {name: method(name) for name in METHODS}
    members |= {name: property(method(name)) for name in FIELDS}
    if deep:

        def look(self: Any, name: str) -> Any:
            log.note(f"attribute {name}")
            return object.__getattribute__(self, name)

        members["__getattribute__"] = look
    return type("Spy", (base,), members)()
