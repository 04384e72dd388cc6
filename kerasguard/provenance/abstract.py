"""What an evaluation may cost, and the functions and objects that exist only in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from kerasguard.deadline import Deadline
from kerasguard.provenance.library import Infer
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.values import UNKNOWN, Ghost, ghost_of, is_array

MAX_ITEMS = 64
TURNS = (16, 4, 2)  # turns of a loop that are run, by how many loops it stands in; the rest is extrapolated
MAX_LIST = 100_000
SIMPLE = (str, int, float, bool, bytes, type(None), complex)
FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError, MemoryError, NameError)
SOME_SLICE = Ghost(None, None, "slice")


class OutOfBudget(Exception):  # noqa: N818  # a signal, not an error
    """The evaluation took too long; it never leaves this package."""


_inference: list[Infer | None] = [None]


def use_inference(infer: Infer) -> None:
    """Shape TensorFlow functions with `infer` from now on; whoever may import TensorFlow provides it."""
    _inference[:] = [infer]


@dataclass
class Budget:
    """How much one question may cost: syntax nodes, depth of calls, seconds; `infer` shapes TensorFlow functions.

    A question that is made of many (a walk) gives each one a `share`: one costly value does not use up all.
    """

    nodes: int = 3000
    depth: int = 5
    seconds: float = 0.15
    infer: Infer | None = field(default_factory=lambda: _inference[-1])
    deadline: Deadline | None = None
    owned: dict[int, Any] = field(default_factory=dict)
    active: set[tuple[int, int]] = field(default_factory=set)
    recording: Any = None
    loops: int = 0
    memo: dict[tuple[int, ast.AST], tuple[Any, Scope]] = field(default_factory=dict)

    def spend(self) -> None:
        """Count one node; raise OutOfBudget when nothing is left."""
        self.deadline = self.deadline or Deadline.within(self.seconds)
        self.nodes -= 1
        if self.nodes < 0 or (self.nodes % 16 == 0 and self.deadline.passed()):
            raise OutOfBudget

    @contextmanager
    def share(self, nodes: int = 4000, seconds: float = 0.03) -> Iterator[None]:
        """Let the questions asked inside cost at most so much of what is left."""
        before = self.nodes, self.deadline or Deadline.within(self.seconds), self.depth, self.loops, self.recording
        given = self.nodes = max(0, min(nodes, before[0]))
        self.deadline = before[1].sooner(Deadline.within(seconds))
        try:
            yield
        finally:
            self.nodes = before[0] - (given - max(0, self.nodes))
            _, self.deadline, self.depth, self.loops, self.recording = before

    def half(self) -> AbstractContextManager[None]:
        """Let the call made inside cost half of what is left: what follows it is still worth knowing."""
        left = self.seconds if self.deadline is None else self.deadline.left()
        return self.share(self.nodes // 2, left / 2)

    def turns(self) -> int:
        """Return how many turns of a loop that begins now are worth running."""
        return TURNS[min(self.loops, len(TURNS) - 1)]

    def own(self, made: Any) -> Any:
        """Remember a list or dict that the interpretation made itself, so that it may change it."""
        self.owned[id(made)] = made
        return made

    def owns(self, thing: Any) -> bool:
        """Tell whether the interpretation made this list or dict itself."""
        return self.owned.get(id(thing)) is thing


@dataclass(frozen=True, eq=False)
class Closure:
    """A function that exists only in the interpretation: its definition and the scope around it."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    source: SourceFile
    scope: Scope
    bound: Any = UNKNOWN


@dataclass(eq=False)
class Instance:
    """An object of a user's class that exists only in the interpretation."""

    cls: type
    fields: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Bound:
    """A user's method bound to a live or abstract object."""

    function: Any
    bound: Any


@dataclass(frozen=True, eq=False)
class Method:
    """A method of an array, tensor, dataset or builtin value, not called yet."""

    receiver: Any
    name: str


def truth_of(value: Any) -> bool | None:
    """Return whether a value is true, None when that cannot be told without running code."""
    if isinstance(value, SIMPLE) or type(value) in (list, tuple, dict, set, range):
        return bool(value)
    if is_array(value) and value.size == 1:
        return bool(value)
    return None


def known_items(value: Any) -> list[Any] | None:
    """Return the items of an iterable whose items are known (abstractly), None otherwise."""
    if isinstance(value, list | tuple | range | set | frozenset | str | dict) and len(value) <= MAX_LIST:
        return list(value)
    if type(value).__name__ in ("dict_items", "dict_keys", "dict_values"):
        return list(value)
    ghost = ghost_of(value) if not isinstance(value, int | float | bool) else None
    if ghost is not None and ghost.shape and ghost.shape[0] is not None and ghost.shape[0] <= MAX_LIST:
        if is_array(value) and value.ndim == 1 and value.dtype.kind in "iuU" and value.size <= MAX_ITEMS:
            return list(value.tolist())
        return [Ghost(ghost.shape[1:], ghost.dtype, ghost.kind)] * ghost.shape[0]
    return None
