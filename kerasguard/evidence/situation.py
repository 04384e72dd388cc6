"""What a check for silent mistakes may reason from: a call that went well, a loss with its labels, a gradient."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from types import FrameType
from typing import Any, Literal

from kerasguard.adapters import specs, unnoticed, wants
from kerasguard.adapters.trial_loss import loss_name
from kerasguard.event import Event, OpenCall, StackEntry
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.suspect import Suspect
from kerasguard.provenance.values import UNKNOWN
from kerasguard.vocabulary import Shape

Occasion = Literal["call", "loss", "tape", "model"]


@dataclass(frozen=True)
class LossSeen:
    """One call of a loss object.

    Attributes
    ----------
    name
        The plain name of a loss of Keras' own (`meansquarederror`), None for the user's.
    true, pred
        Shapes of labels and output as the loss got them, with None for free sizes.
    """

    loss: Any
    name: str | None
    true: Shape | None
    pred: Shape | None


@dataclass
class Situation(Evidence):
    """Evidence without an error.

    Attributes
    ----------
    occasions
        ``call``: a guarded call on data went well, or has reached its loss. ``loss``: a loss object was called, by
        Keras or by the user. ``tape``: a gradient was taken. ``model``: a functional model was made that cannot work.
    seen
        The call of the loss, where there was one.
    around
        Of a gradient that is taken inside a guarded call, the situation of that call.
    graph
        Of a gradient in a function that is being traced, the graph with all that was computed up to there.
    """

    occasions: frozenset[Occasion] = frozenset()
    seen: LossSeen | None = None
    around: Situation | None = None
    graph: Any = None

    @cached_property
    def here(self) -> tuple[ast.AST | None, Scope | None]:
        """The syntax node and the scope of the user's line that is looked at."""
        index = self._index
        return (None, None) if index is None else (self.frames[index].node, self.scopes[index])

    @cached_property
    def names(self) -> Any:
        """The globals of the user's module that is looked at."""
        index = self._index
        return None if index is None else self.frames[index].globals

    @property
    def _index(self) -> int | None:
        if self.event.entry == "none":
            return len(self.frames) - 1 if self.frames else None
        return self.site

    @cached_property
    def models(self) -> tuple[Any, ...]:
        """The model that was called; of a gradient the models whose variables it is taken for."""
        if self.event.entry != "none":
            return (self.event.owner,)
        node, scope = self.here
        if node is None or scope is None:
            return ()
        parts = [part for part in ast.walk(node) if isinstance(part, ast.Name | ast.Attribute)]
        values = [scope.current(one.id) if isinstance(one, ast.Name) else evaluate(one, scope) for one in parts]
        found = {id(value): value for value in values if value is not UNKNOWN and wants.is_model(value)}
        return tuple(found.values())

    @property
    def training(self) -> bool:
        """Whether the call trains or evaluates, so that there are labels."""
        return self.event.entry in {"fit", "train_on_batch", "evaluate", "test_on_batch"}

    @cached_property
    def values_unchecked(self) -> bool:
        """Whether numbers outside their range raise nothing where the model runs: compiled code, or another device."""
        return unnoticed.values_unchecked(self.event.owner)

    def labels_seen(self) -> Given | None:
        """Return the labels that the loss got, as the call was given them."""
        if self.seen is None or self.seen.true is None:
            return None
        given = [one for one in self.everything if one.slot == "y"]
        alike = [one for one in given if _may_be(one.shape, self.seen.true)]
        return alike[0] if len(alike) == 1 else given[0] if len(given) == 1 else None

    def label_suspect(self, has: Any = None) -> Suspect | None:
        """Return where the labels of the loss are written: in the call on data, or in the loss' own call."""
        found = written(self.labels_seen(), has)
        if found is not None:
            return found
        node, scope = self.here
        if self.event.entry != "none" or not isinstance(node, ast.Call) or scope is None or not node.args:
            return None
        first = node.args[0]
        return Suspect(first, scope, has, scope.source.segment(first) if scope.source is not None else "")


def written(given: Given | None, has: Any = None) -> Suspect | None:
    """Return where the trace of a tensor starts, that of a dataset's element included."""
    if given is None or given.node is None or given.scope is None:
        return None
    path = () if given.element is None else ("*", *given.element)
    return Suspect(given.node, given.scope, has, given.name, path=path)


class NothingRaised(Exception):  # noqa: N818 - what it says
    """Stands in the event of a situation, which has no error."""


def _may_be(given: Shape | None, seen: Shape) -> bool:
    """Return whether labels of one shape may reach the loss in the other, whatever their rows."""
    if given is None:
        return False
    one, other = (tuple(size for size in shape[1:] if size != 1) for shape in (given, seen))
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def in_call(call: OpenCall, loss: Any, tensors: dict[str, Any], *, whole: bool, peeked: Any = None) -> Situation:
    """Return the situation of a guarded call; ``whole`` where it is looked at for the first time."""
    event = _event(call.entry, call.frame, call.owner, call.args, call.kwargs)
    event.peeked = peeked
    seen = None if loss is None else _seen(loss, tensors)
    occasions = {"call"} if whole else set()
    return _made(event, occasions | ({"loss"} if seen is not None else set()), seen)


def at_loss_call(frame: FrameType, loss: Any, tensors: dict[str, Any]) -> Situation:
    """Return the situation of a loss object that the user's own code calls."""
    return _made(_event("none", frame), {"loss"}, _seen(loss, tensors))


def at_tape(frame: FrameType, call: OpenCall | None, graph: Any) -> Situation:
    """Return the situation of the line that takes a gradient, perhaps in a training step that `call` runs."""
    found = _made(_event("none", frame), {"tape"}, None)
    found.around = None if call is None else in_call(call, None, {}, whole=False)
    found.graph = graph
    return found


def at_model(call: OpenCall) -> Situation:
    """Return the situation of the call that has made a functional model."""
    return _made(_event(call.entry, call.frame, call.owner, call.args, call.kwargs), {"model"}, None)


def of_shapes(loss: Any, true: Shape, pred: Shape) -> LossSeen:
    """Return a call of a loss on these shapes."""
    return LossSeen(loss, loss_name(loss), true, pred)


def _seen(loss: Any, tensors: dict[str, Any]) -> LossSeen:
    true, pred = (tensors.get(name) for name in ("y_true", "y_pred"))
    return LossSeen(loss, loss_name(loss), specs.shape_of(true), specs.shape_of(pred))


def _event(
    entry: str, frame: FrameType, owner: Any = None, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
) -> Event:
    stack: list[StackEntry] = []
    around: FrameType | None = frame
    while around is not None:
        stack.append(StackEntry(around, around.f_lasti, around.f_lineno or 0))
        around = around.f_back
    return Event(NothingRaised(), entry, owner, args, kwargs or {}, tuple(reversed(stack)))


def _made(event: Event, occasions: set[Any], seen: LossSeen | None) -> Situation:
    return Situation(event, frozenset(occasions), seen)
